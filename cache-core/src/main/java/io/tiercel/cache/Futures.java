package io.tiercel.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The one step that {@link CompletableFuture} lacks: going on with another future whether or not this one failed. */
final class Futures {
    private Futures() {}

    /**
     * Goes on on the executor.
     *
     * @param next takes the result or the failure, one of which is null
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the inner future is unfolded, not dropped
    static <T, R> CompletableFuture<R> whatever(
            CompletableFuture<T> future,
            Executor executor,
            BiFunction<@Nullable T, @Nullable Throwable, CompletableFuture<R>> next) {
        return future.handleAsync(next, executor).thenCompose(Function.identity());
    }
}
