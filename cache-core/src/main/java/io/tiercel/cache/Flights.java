package io.tiercel.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Single flight: of all who want the same thing at the same time one goes, and the others wait for what it brings.
 *
 * <p>A flight that began before a write must not be joined by those who come after it, or they would be given the value
 * of before: the write {@link #detach}es it. Its own passengers still get what it brings.
 *
 * <p>Thread-safe.
 *
 * @param <K> what is wanted
 * @param <R> what a flight brings
 */
final class Flights<K, R> {
    private final ConcurrentHashMap<K, Flight<R>> flights = new ConcurrentHashMap<>();

    /** The flight for the key that is under way, or null if it is now {@code mine}, which the caller must end. */
    @Nullable
    Flight<R> join(K key, Flight<R> mine) {
        return flights.putIfAbsent(key, mine);
    }

    void detach(K key) {
        flights.remove(key);
    }

    /** Ends a flight: who comes from here on starts a new one, then those who wait are told. */
    void end(K key, Flight<R> flight, R result) {
        flights.remove(key, flight);
        flight.result.complete(result);
    }

    void fail(K key, Flight<R> flight, Throwable cause) {
        flights.remove(key, flight);
        flight.result.completeExceptionally(cause);
    }

    boolean isEmpty() {
        return flights.isEmpty();
    }

    /** One journey for one key. */
    static final class Flight<R> {
        final CompletableFuture<R> result = new CompletableFuture<>();

        private volatile @Nullable Thread loading;

        /** Notes that a loader runs on this thread for this flight, or no longer does. */
        void loadingOn(@Nullable Thread thread) {
            loading = thread;
        }

        /** A loader that waits for its own flight would wait for ever. */
        void refuseRecursion(String cache) {
            if (loading == Thread.currentThread()) {
                throw new IllegalStateException(
                        "a loader of cache '" + cache + "' asks for the key that it is loading");
            }
        }
    }
}
