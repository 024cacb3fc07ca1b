package io.tiercel.cache.tier.memcached;

import io.tiercel.cache.tier.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import net.spy.memcached.MemcachedNode;

/**
 * Sends the elements of a bulk operation without awaiting the answers, but to each server only so many at once that its
 * queue is not flooded; the next ones follow as answers come. The servers don't wait for each other.
 *
 * @param <E> an element
 * @param <T> what becomes of it
 */
final class Pipeline<E, T> {
    private final SpyConnection connection;
    private final int window;
    private final List<E> elements;
    private final Function<E, String> mappedKey;
    private final Function<E, CompletableFuture<T>> send;
    private final List<CompletableFuture<Outcome<T>>> outcomes;

    Pipeline(
            SpyConnection connection,
            int window,
            List<E> elements,
            Function<E, String> mappedKey,
            Function<E, CompletableFuture<T>> send) {
        this.connection = connection;
        this.window = window;
        this.elements = List.copyOf(elements);
        this.mappedKey = mappedKey;
        this.send = send;
        this.outcomes = new ArrayList<>(elements.size());
    }

    CompletableFuture<List<Outcome<T>>> run() {
        Map<MemcachedNode, List<Integer>> byNode = new LinkedHashMap<>();
        for (int i = 0; i < elements.size(); i++) {
            outcomes.add(new CompletableFuture<>());
            byNode.computeIfAbsent(connection.nodeOf(mappedKey.apply(elements.get(i))), node -> new ArrayList<>())
                    .add(i);
        }
        byNode.values().forEach(positions -> new Lane(positions).advance(window));
        return MemcachedTier.all(outcomes);
    }

    /** What goes to one server. */
    private final class Lane {
        private final List<Integer> positions;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger allowed = new AtomicInteger();

        Lane(List<Integer> positions) {
            this.positions = positions;
        }

        /**
         * Allows so many more. Whoever finds nobody sending does it, also for those who come meanwhile: answers that
         * are there at once would else nest as deep as there are elements.
         */
        void advance(int more) {
            if (allowed.getAndAdd(more) > 0) {
                return;
            }
            do {
                sendNext();
            } while (allowed.decrementAndGet() > 0);
        }

        private void sendNext() {
            int turn = next.getAndIncrement();
            if (turn >= positions.size()) {
                return;
            }
            int position = positions.get(turn);
            var unused = send.apply(elements.get(position)).whenComplete((answer, failure) -> {
                outcomes.get(position)
                        .complete(failure == null ? Outcome.done(answer) : Outcome.failed(cause(failure)));
                advance(1);
            });
        }

        private static Throwable cause(Throwable failure) {
            Throwable cause = failure.getCause();
            return failure instanceof CompletionException && cause != null ? cause : failure;
        }
    }
}
