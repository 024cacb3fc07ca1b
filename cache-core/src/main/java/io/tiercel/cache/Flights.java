package io.tiercel.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Single flight: of all who want the same thing at the same time one goes, and the others wait for what it brings.
 *
 * <p>A flight that began before a write must not be joined by those who come after it, or they would be given the value
 * of before: the write {@link #detach}es it. Its own passengers still get what it brings.
 *
 * <p>Thread-safe.
 *
 * @param <R> what a flight brings
 */
final class Flights<R> {
    private final ConcurrentHashMap<String, Flight<R>> flights = new ConcurrentHashMap<>();

    /**
     * The flight for the key that is under way, or null if it is now {@code mine}, which the caller must end.
     *
     * @param current whether a flight may still be joined; one that may not is detached
     */
    @Nullable
    Flight<R> join(String key, Flight<R> mine, Predicate<Flight<R>> current) {
        while (true) {
            Flight<R> other = flights.putIfAbsent(key, mine);
            if (other == null || current.test(other)) {
                return other;
            }
            flights.remove(key, other);
        }
    }

    /** As {@link #join(String, Flight, Predicate)}, whatever may have happened since the flight began. */
    @Nullable
    Flight<R> join(String key, Flight<R> mine) {
        return flights.putIfAbsent(key, mine);
    }

    void detach(String key) {
        flights.remove(key);
    }

    /** The next to come begins a new flight; those who wait for this one go on to. */
    void detach(String key, Flight<R> flight) {
        flights.remove(key, flight);
    }

    void detachAll() {
        flights.clear();
    }

    /** Ends a flight: who comes from here on starts a new one, then those who wait are told. */
    void end(String key, Flight<R> flight, R result) {
        flights.remove(key, flight);
        flight.result.complete(result);
    }

    void fail(String key, Flight<R> flight, Throwable cause) {
        flights.remove(key, flight);
        flight.result.completeExceptionally(cause);
    }

    boolean isEmpty() {
        return flights.isEmpty();
    }

    /** One journey for one key. */
    static final class Flight<R> {
        final CompletableFuture<R> result = new CompletableFuture<>();

        private final CompletableFuture<Supplier<@Nullable R>> instead = new CompletableFuture<>();
        private final AtomicBoolean overdue = new AtomicBoolean();
        private volatile boolean queuedBehind;
        private volatile Ticket asOf;
        private volatile @Nullable Ticket confirmed;
        private volatile @Nullable Thread loading;

        /** @param ticket taken when it begins */
        Flight(Ticket ticket) {
            this.asOf = ticket;
        }

        /** Taken before the last thing was read that what it brings depends on. */
        Ticket asOf() {
            return asOf;
        }

        /** Begins once more. */
        void readFrom(Ticket ticket) {
            asOf = ticket;
        }

        /**
         * The first tier has shown that nobody changed the key from when the load began until it took the value.
         *
         * @param sent taken just before the value was sent to it
         */
        void confirm(Ticket sent) {
            confirmed = sent;
        }

        /** See {@link #confirm}; null if the first tier has shown nothing. */
        @Nullable
        Ticket confirmed() {
            return confirmed;
        }

        /**
         * There is something that will do for who cannot wait.
         *
         * @param fallback gives it, or null if it will not do any more
         */
        void offer(Supplier<@Nullable R> fallback) {
            instead.complete(fallback);
        }

        /** See {@link #offer}; never ends if there is nothing. */
        CompletableFuture<Supplier<@Nullable R>> instead() {
            return instead;
        }

        /** Whether it waits behind all who wait for a value, so that none of these must wait for it. */
        boolean isQueuedBehind() {
            return queuedBehind;
        }

        void queuedBehind(boolean is) {
            queuedBehind = is;
        }

        /** It has taken too long; true when that is noticed for the first time. */
        boolean overdue() {
            return overdue.compareAndSet(false, true);
        }

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
