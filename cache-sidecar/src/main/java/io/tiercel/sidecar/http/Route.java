package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.RefusedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be asked for.
 *
 * @param path as a client writes it; a {@code {name}} at its end stands for the rest of the path
 * @param needs what a caller must be allowed; null for what is open, on both ports. All else is on the admin port only
 * @param fields what the body may hold
 */
record Route(String method, String path, @Nullable Role needs, Set<String> fields, Handler handler) {
    /** Finds the answer. Does not block. */
    interface Handler {
        CompletionStage<Response> handle(Exchange exchange) throws ProblemException, RefusedException;
    }

    /** As a Handler, for what is known at once. */
    interface Answer {
        Response answer(Exchange exchange) throws ProblemException, RefusedException;
    }

    static Route open(String path, Answer answer) {
        return new Route("GET", path, null, Set.of(), now(answer));
    }

    static Route read(String path, Answer answer) {
        return new Route("GET", path, Role.READ, Set.of(), now(answer));
    }

    static Route change(String path, Role needs, List<String> fields, Handler handler) {
        return new Route("POST", path, needs, new LinkedHashSet<>(fields), handler);
    }

    static Handler now(Answer answer) {
        return exchange -> CompletableFuture.completedFuture(answer.answer(exchange));
    }

    /** Whether it changes anything. */
    boolean mutates() {
        return !method.equals("GET");
    }

    /** What the path has in place of the {@code {name}}, not decoded; null if it is not this route's. */
    @Nullable
    String parameter(String rawPath) {
        int brace = path.indexOf('{');
        if (brace < 0) {
            return rawPath.equals(path) ? "" : null;
        }
        return rawPath.startsWith(path.substring(0, brace)) ? rawPath.substring(brace) : null;
    }
}
