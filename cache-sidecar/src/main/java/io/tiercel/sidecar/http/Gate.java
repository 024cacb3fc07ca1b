package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.EXPECTATION_FAILED;
import static io.netty.handler.codec.http.HttpResponseStatus.FORBIDDEN;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_URI_TOO_LONG;
import static io.netty.handler.codec.http.HttpResponseStatus.TOO_MANY_REQUESTS;
import static io.netty.handler.codec.http.HttpResponseStatus.UNAUTHORIZED;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.tiercel.sidecar.http.HttpConfig.Limits;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Decides by its head whether a request is let in, before any of its body is read. Thread-safe. */
final class Gate {
    private static final String ADMIN = "/admin/";

    /** What proxies add: behind one, a caller on the loopback address may be anybody. */
    private static final List<String> FORWARDED =
            List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via");

    private final boolean adminPort;
    private final List<Route> routes;
    private final Hosts hosts;
    private final Tokens tokens;
    private final MutationLimit mutations;
    private final Limits limits;

    Gate(boolean adminPort, List<Route> routes, Hosts hosts, Tokens tokens, MutationLimit mutations, Limits limits) {
        this.adminPort = adminPort;
        this.routes = List.copyOf(routes);
        this.hosts = hosts;
        this.tokens = tokens;
        this.mutations = mutations;
        this.limits = limits;
    }

    /**
     * Who is asking.
     *
     * @param local the address that they connected to
     * @param certified whether they have shown a certificate that was asked for
     */
    record Peer(InetAddress remote, InetAddress local, boolean certified) {}

    /**
     * A request that may go on.
     *
     * @param by who is asking: the role that they have shown
     */
    record Admission(Route route, String parameter, String query, String by) {}

    /** Refuses what is not HTTP as RFC 9112 has it: after this, nothing on the connection can be trusted. */
    void wellFormed(HttpRequest request) throws ProblemException {
        if (request.decoderResult().isFailure()) {
            throw malformed(request.decoderResult().cause());
        }
        if (!request.protocolVersion().equals(HttpVersion.HTTP_1_0)
                && !request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            throw new ProblemException(BAD_REQUEST, "The HTTP version must be 1.0 or 1.1.");
        }
        HttpHeaders headers = request.headers();
        if (headers.size() > limits.headerCount()) {
            throw new ProblemException(
                    REQUEST_HEADER_FIELDS_TOO_LARGE, "There must be at most " + limits.headerCount() + " headers.");
        }
        List<String> encodings = headers.getAll("Transfer-Encoding");
        if (!encodings.isEmpty()
                && (encodings.size() > 1
                        || !encodings.get(0).equalsIgnoreCase("chunked")
                        || request.protocolVersion().equals(HttpVersion.HTTP_1_0))) {
            throw new ProblemException(BAD_REQUEST, "Transfer-Encoding must be chunked, once, with HTTP/1.1.");
        }
        if (headers.getAll("Host").size() > 1) {
            throw new ProblemException(BAD_REQUEST, "There must be one Host header.");
        }
        if (!request.uri().startsWith("/")) {
            throw new ProblemException(BAD_REQUEST, "The request target must begin with /.");
        }
    }

    /** The answer to what the decoder did not understand. */
    static ProblemException malformed(Throwable cause) {
        if (cause instanceof ProblemException problem) {
            return problem;
        }
        if (cause instanceof TooLongHttpLineException) {
            return new ProblemException(REQUEST_URI_TOO_LONG, "The request line is too long.");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new ProblemException(REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too long.");
        }
        return new ProblemException(BAD_REQUEST, "This is no well-formed HTTP/1.1 request.");
    }

    /** Whether something follows the head. */
    static boolean hasBody(HttpRequest request) {
        String length = request.headers().get("Content-Length");
        return request.headers().contains("Transfer-Encoding") || (length != null && !length.equals("0"));
    }

    Admission admit(HttpRequest request, Peer peer) throws ProblemException {
        hosts.check(request, peer.local());
        String target = request.uri();
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        Role role = null;
        if (path.startsWith(ADMIN) && adminPort) {
            role = role(request.headers(), peer);
        }
        Route route = route(request.method(), path);
        if (route.needs() != null && (role == null || role.compareTo(route.needs()) < 0)) {
            throw new ProblemException(FORBIDDEN, "This takes a token with the role " + lower(route.needs()) + ".");
        }
        if (route.mutates()) {
            mutation(request.headers());
        }
        bodyFits(request.headers());
        String parameter = Targets.decoded(String.valueOf(route.parameter(path)));
        return new Admission(
                route, parameter, mark < 0 ? "" : target.substring(mark + 1), role == null ? "" : lower(role));
    }

    private void bodyFits(HttpHeaders headers) throws ProblemException {
        String length = headers.get("Content-Length");
        // The decoder has checked that it is a number; one of 18 digits fits a long.
        if (length != null && (length.length() > 18 || Long.parseLong(length) > limits.body())) {
            throw tooLarge();
        }
        String expectation = headers.get("Expect");
        if (expectation != null && !expectation.equalsIgnoreCase("100-continue")) {
            throw new ProblemException(EXPECTATION_FAILED, "Expect must be 100-continue.");
        }
    }

    ProblemException tooLarge() {
        return new ProblemException(
                REQUEST_ENTITY_TOO_LARGE, "The body must be at most " + limits.body() + " bytes long.");
    }

    private Role role(HttpHeaders headers, Peer peer) throws ProblemException {
        List<String> authorizations = headers.getAll("Authorization");
        if (authorizations.size() > 1) {
            throw new ProblemException(BAD_REQUEST, "There must be one Authorization header.");
        }
        if (tokens.required()) {
            return bearer(authorizations).flatMap(tokens::role).orElseThrow(Gate::unauthorized);
        }
        if (peer.certified()) {
            return Role.ADMIN;
        }
        if (!peer.remote().isLoopbackAddress()) {
            throw new ProblemException(
                    FORBIDDEN, "Without tokens, the admin endpoints are there for callers on this machine only.");
        }
        if (FORWARDED.stream().anyMatch(headers::contains)) {
            throw new ProblemException(
                    FORBIDDEN, "Without tokens, the admin endpoints are not there for callers behind a proxy.");
        }
        return Role.ADMIN;
    }

    private static Optional<String> bearer(List<String> authorizations) {
        if (authorizations.isEmpty() || !authorizations.get(0).regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.empty();
        }
        return Optional.of(authorizations.get(0).substring(7).strip());
    }

    private static ProblemException unauthorized() {
        return new ProblemException(UNAUTHORIZED, "This takes an Authorization header with a valid bearer token.")
                .header("WWW-Authenticate", "Bearer realm=\"tiercel\"");
    }

    private Route route(HttpMethod method, String path) throws ProblemException {
        // Whoever may GET may ask for the head alone.
        String wanted = method.equals(HttpMethod.HEAD) ? "GET" : method.name();
        TreeSet<String> allowed = new TreeSet<>();
        @Nullable Route elsewhere = null;
        for (Route route : routes) {
            if (route.parameter(path) == null) {
                continue;
            }
            if (route.needs() != null && !adminPort) {
                elsewhere = route;
                continue;
            }
            if (route.method().equals(wanted)) {
                return route;
            }
            allowed.add(route.method());
            if (!route.mutates()) {
                allowed.add("HEAD");
            }
        }
        if (allowed.isEmpty()) {
            throw new ProblemException(
                    NOT_FOUND,
                    elsewhere == null
                            ? "There is nothing at this path. What there is, /openapi.json tells."
                            : "This is on the admin port.");
        }
        String allow = String.join(", ", allowed);
        throw new ProblemException(METHOD_NOT_ALLOWED, "This takes " + allow + ".").header("Allow", allow);
    }

    private void mutation(HttpHeaders headers) throws ProblemException {
        // A browser sends these, and what it sends nobody has typed.
        String site = headers.get("Sec-Fetch-Site");
        if (headers.contains("Origin") || (site != null && !site.equals("none"))) {
            throw new ProblemException(FORBIDDEN, "Changes are not taken from web pages.");
        }
        if (!mutations.admits()) {
            throw new ProblemException(
                            TOO_MANY_REQUESTS, "There may be " + limits.mutationsPerSecond() + " changes per second.")
                    .header("Retry-After", "1");
        }
    }

    private static String lower(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }
}
