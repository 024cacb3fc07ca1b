package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.INTERNAL_SERVER_ERROR;
import static io.netty.handler.codec.http.HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE;

import io.netty.handler.codec.http.HttpHeaders;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.http.Gate.Admission;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a request that was let in and its body to the answer. Stateless. */
final class Dispatch {
    private static final Pattern JSON =
            Pattern.compile("application/json(?:\\s*;\\s*charset\\s*=\\s*\"?utf-8\"?)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern VERSION = Pattern.compile("\"([0-9]{1,18})\"");
    private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);

    private Dispatch() {}

    /** The answer, always a normal one: what goes wrong is answered with a problem. */
    static CompletionStage<Response> answer(Admission admission, HttpHeaders headers, byte[] body) {
        try {
            Route route = admission.route();
            return route.handler()
                    .handle(exchange(admission, headers, body))
                    .exceptionally(failure -> failed(route, failure));
        } catch (ProblemException e) {
            return CompletableFuture.completedFuture(e.response());
        } catch (RefusedException e) {
            return CompletableFuture.completedFuture(ProblemException.of(e).response());
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(failed(admission.route(), e));
        }
    }

    private static Response failed(Route route, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ProblemException problem) {
            return problem.response();
        }
        if (cause instanceof RefusedException refused) {
            return ProblemException.of(refused).response();
        }
        LOG.warn("{} {} failed", route.method(), route.path(), failure);
        return new ProblemException(INTERNAL_SERVER_ERROR, "This is a fault of the sidecar. See its log.").response();
    }

    private static Exchange exchange(Admission admission, HttpHeaders headers, byte[] bytes) throws ProblemException {
        Route route = admission.route();
        if (!route.mutates()) {
            Options options = Options.ofRead(admission.query());
            return new Exchange(
                    admission.parameter(), new Body(Map.of(), route.fields()), options, null, admission.by());
        }
        Options options = Options.ofChange(admission.query());
        Long ifVersion = ifVersion(headers.getAll("If-Match"));
        Body body = new Body(fields(headers, bytes), route.fields());
        return new Exchange(admission.parameter(), body, options, ifVersion, admission.by());
    }

    private static Map<String, Object> fields(HttpHeaders headers, byte[] bytes) throws ProblemException {
        String encoding = headers.get("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ProblemException(UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.");
        }
        String type = headers.get("Content-Type");
        boolean json = type != null && JSON.matcher(type.strip()).matches();
        // Whoever has come this far is on this machine or has shown a token, and no web page has sent it: curl -d
        // may say that JSON is a form.
        if (!json && bytes.length > 0 && (saysOtherwise(type) || !looksLikeJson(bytes))) {
            throw new ProblemException(
                    UNSUPPORTED_MEDIA_TYPE, "The body must be JSON in UTF-8, with Content-Type: application/json.");
        }
        return Json.object(bytes);
    }

    /** JSON with another encoding or a parameter that it does not have. */
    private static boolean saysOtherwise(@Nullable String type) {
        return type != null && type.toLowerCase(Locale.ROOT).contains("json");
    }

    private static boolean looksLikeJson(byte[] bytes) {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '{';
            }
        }
        return true;
    }

    private static @Nullable Long ifVersion(List<String> headers) throws ProblemException {
        if (headers.isEmpty() || (headers.size() == 1 && headers.get(0).equals("*"))) {
            return null;
        }
        Matcher matcher = VERSION.matcher(headers.get(0));
        if (headers.size() > 1 || !matcher.matches()) {
            throw new ProblemException(
                    BAD_REQUEST, "If-Match must be one version in quotation marks, as the ETag header has it.");
        }
        return Long.valueOf(matcher.group(1));
    }
}
