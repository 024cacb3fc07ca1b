package io.tiercel.cache.tier;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Bulk operations of stores that have none of their own: all at once, one by one. */
final class Singles {
    private Singles() {}

    static <E, T> CompletableFuture<List<Outcome<T>>> all(List<E> elements, Function<E, CompletableFuture<T>> one) {
        List<CompletableFuture<Outcome<T>>> all = new ArrayList<>(elements.size());
        for (E element : elements) {
            all.add(one.apply(element)
                    .handle((done, error) -> error == null ? Outcome.done(done) : Outcome.<T>failed(cause(error))));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> all.stream().map(CompletableFuture::join).toList());
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
