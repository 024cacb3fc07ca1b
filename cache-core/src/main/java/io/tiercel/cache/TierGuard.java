package io.tiercel.cache;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the engine knows of a remote tier: every call goes through here to be counted and timed, and ends in time. A tier
 * that throws, answers with too few outcomes or never, against its contract, is a tier that failed; a node of it that
 * failed often is not asked for a while, see {@link NodeGuard}. Thread-safe.
 */
final class TierGuard {
    private static final String READ = "get";

    /** More keys than that take their time. */
    private static final int MOST_READ_SOON = 100;

    private static final long SECOND_NANOS = 1_000_000_000;

    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder removals = new LongAdder();
    final LongAdder promotions = new LongAdder();

    private final LongAdder failures = new LongAdder();
    private final LongAdder puts = new LongAdder();
    private final LongAdder oversized = new LongAdder();
    private final LongAdder undecodable = new LongAdder();
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();

    private final String cache;
    private final RemoteTier tier;
    private final NodeGuards nodes;
    private final Events events;
    private final TimeSource time;
    private final AtomicLong lastUndecodable;
    private final AtomicLong lastOversized;

    /** @param nodes may be shared with other guards of the tier */
    TierGuard(String cache, RemoteTier tier, NodeGuards nodes, Events events, TimeSource time) {
        this.cache = cache;
        this.tier = tier;
        this.nodes = nodes;
        this.events = events;
        this.time = time;
        this.lastUndecodable = new AtomicLong(time.nanos() - SECOND_NANOS);
        this.lastOversized = new AtomicLong(time.nanos() - SECOND_NANOS);
    }

    String name() {
        return tier.name();
    }

    Duration timeout() {
        return tier.timeout();
    }

    NodeGuards nodes() {
        return nodes;
    }

    void close() {
        tier.close();
    }

    CompletableFuture<byte @Nullable []> get(String key) {
        return one(READ, key, () -> tier.get(key)).thenApply(bytes -> {
            if (bytes != null) {
                bytesRead.add(bytes.length);
            }
            return bytes;
        });
    }

    CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        if (keys.size() == 1) {
            return alone(get(keys.get(0)));
        }
        return all(READ, keys, Function.identity(), tier::getAll).thenApply(outcomes -> {
            for (Outcome<byte[]> outcome : outcomes) {
                if (outcome instanceof Outcome.Done<byte[]> done && done.value() != null) {
                    bytesRead.add(done.value().length);
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return one("put", key, value.length, () -> tier.put(key, value, ttl)).thenRun(() -> written(value));
    }

    CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        if (entries.size() == 1) {
            TierEntry entry = entries.get(0);
            return alone(put(entry.key(), entry.value(), entry.ttl()));
        }
        return all("put", entries, TierEntry::key, tier::putAll).thenApply(outcomes -> {
            for (int i = 0; i < entries.size(); i++) {
                if (outcomes.get(i) instanceof Outcome.Done<Void>) {
                    written(entries.get(i).value());
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        return one("put", key, value.length, () -> tier.putIfAbsent(key, value, ttl))
                .thenApply(present -> {
                    if (present == null) {
                        written(value);
                    }
                    return present;
                });
    }

    CompletableFuture<Boolean> remove(String key) {
        return one("remove", key, () -> tier.remove(key)).thenApply(removed -> {
            removals.increment();
            return removed;
        });
    }

    CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        if (keys.size() == 1) {
            return alone(remove(keys.get(0)));
        }
        return all("remove", keys, Function.identity(), tier::removeAll).thenApply(outcomes -> {
            removals.add(keys.size());
            return outcomes;
        });
    }

    CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        if (entries.size() == 1) {
            TierEntry entry = entries.get(0);
            return alone(putIfAbsent(entry.key(), entry.value(), entry.ttl()));
        }
        return all("put", entries, TierEntry::key, tier::putAllIfAbsent).thenApply(outcomes -> {
            for (int i = 0; i < entries.size(); i++) {
                if (outcomes.get(i) instanceof Outcome.Done<byte[]> done && done.value() == null) {
                    written(entries.get(i).value());
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<Boolean> replace(String key, byte[] prefix, byte[] value, Duration ttl) {
        return one("put", key, value.length, () -> tier.replaceIfStartsWith(key, prefix, value, ttl))
                .thenApply(replaced -> {
                    if (replaced) {
                        written(value);
                    }
                    return replaced;
                });
    }

    CompletableFuture<List<Outcome<Boolean>>> replaceAll(List<Replacement> replacements) {
        if (replacements.size() == 1) {
            Replacement one = replacements.get(0);
            return alone(replace(one.key(), one.prefix(), one.value(), one.ttl()));
        }
        return all("put", replacements, Replacement::key, tier::replaceAllIfStartsWith)
                .thenApply(outcomes -> {
                    for (int i = 0; i < replacements.size(); i++) {
                        if (outcomes.get(i) instanceof Outcome.Done<Boolean> done
                                && Boolean.TRUE.equals(done.value())) {
                            written(replacements.get(i).value());
                        }
                    }
                    return outcomes;
                });
    }

    /** One element goes the short way, and its outcome is told like those of many. */
    private static <T> CompletableFuture<List<Outcome<T>>> alone(CompletableFuture<T> one) {
        return one.handle(
                (value, error) -> List.of(error == null ? Outcome.done(value) : Outcome.<T>failed(unwrap(error))));
    }

    CompletableFuture<Boolean> removeIfStill(String key, byte[] prefix) {
        return one("remove", key, () -> tier.removeIfStartsWith(key, prefix));
    }

    /** Removes what nobody can read, unless it has been replaced meanwhile. Whether that works only the counts tell. */
    void discard(String key, byte[] bytes, String reason) {
        undecodable.increment();
        if (isSecondPast(lastUndecodable)) {
            events.emit(new CacheEvent.Undecodable(cache, name(), reason));
        }
        var unused = removeIfStill(key, bytes);
    }

    /** Whether a value is short enough for the tier. */
    boolean fits(byte[] value) {
        return value.length <= tier.maximumValueBytes();
    }

    /** Whether the tier takes a value of that size; if not, it is counted. */
    boolean takes(byte[] value) {
        if (fits(value)) {
            return true;
        }
        oversized.increment();
        if (isSecondPast(lastOversized)) {
            events.emit(new CacheEvent.Oversized(cache, name(), value.length, tier.maximumValueBytes()));
        }
        return false;
    }

    TierStats stats() {
        return new TierStats(
                name(),
                hits.sum(),
                misses.sum(),
                failures.sum(),
                puts.sum(),
                removals.sum(),
                promotions.sum(),
                oversized.sum(),
                undecodable.sum(),
                bytesRead.sum(),
                bytesWritten.sum(),
                0,
                0,
                0);
    }

    private void written(byte[] value) {
        if (Placeholder.is(value)) {
            return; // not a value
        }
        puts.increment();
        bytesWritten.add(value.length);
    }

    private <T> CompletableFuture<T> one(String operation, String key, Supplier<CompletableFuture<T>> call) {
        return one(operation, key, 0, call);
    }

    /** @param bytes that are sent */
    private <T> CompletableFuture<T> one(String operation, String key, int bytes, Supplier<CompletableFuture<T>> call) {
        TierException full = bytes == 0 ? null : nodes.reserve(bytes);
        if (full != null) {
            failures.increment();
            return CompletableFuture.failedFuture(full);
        }
        CompletableFuture<T> answer = sent(operation, key, call);
        return bytes == 0 ? answer : answer.whenComplete((done, error) -> nodes.free(bytes));
    }

    private <T> CompletableFuture<T> sent(String operation, String key, Supplier<CompletableFuture<T>> call) {
        long start = time.nanos();
        NodeGuard node = nodes.of(key);
        TierException refusal = node.enter(start);
        if (refusal != null) {
            failures.increment();
            return CompletableFuture.failedFuture(refusal);
        }
        OneCall<T> one = new OneCall<>(this, node, operation, start);
        one.follow(guarded(call));
        return one;
    }

    private Deadlines deadlines(String operation, int keys) {
        return operation.equals(READ) && keys <= MOST_READ_SOON ? nodes.readDeadlines() : nodes.deadlines();
    }

    /** A call for one key. */
    private static final class OneCall<T> extends GuardedCall<T> {
        private final TierGuard guard;
        private final NodeGuard node;
        private final boolean probe;
        private final String operation;

        OneCall(TierGuard guard, NodeGuard node, String operation, long start) {
            super(start, guard.deadlines(operation, 1));
            this.guard = guard;
            this.node = node;
            this.probe = node.isProbe();
            this.operation = operation;
        }

        @Override
        @SuppressWarnings("NullAway") // null is an answer of some operations
        void ended(@Nullable T answer, @Nullable Throwable failure) {
            node.exit(this, probe, operation, failure);
            guard.ended(operation, start, failure != null);
            if (failure == null) {
                complete(answer);
            } else {
                guard.failures.increment();
                completeExceptionally(failure);
            }
        }
    }

    private <E, T> CompletableFuture<List<Outcome<T>>> all(
            String operation,
            List<E> elements,
            Function<E, String> key,
            Function<List<E>, CompletableFuture<List<Outcome<T>>>> call) {
        long start = time.nanos();
        BulkCall<T> bulk = new BulkCall<>(
                name(),
                operation,
                elements,
                element -> nodes.of(key.apply(element)),
                start,
                deadlines(operation, elements.size()),
                (own, outcomes) -> ended(operation, start, own, outcomes));
        if (bulk.isRefused()) {
            bulk.accept(List.of(), null);
        } else {
            bulk.follow(guarded(() -> call.apply(bulk.allowed(elements))));
        }
        return bulk;
    }

    private static <T> CompletableFuture<T> guarded(Supplier<CompletableFuture<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private <T> void ended(String operation, long start, BulkCall<T> bulk, List<Outcome<T>> outcomes) {
        for (Outcome<T> outcome : outcomes) {
            if (outcome instanceof Outcome.Failed<T>) {
                failures.increment();
            }
        }
        if (!bulk.isRefused()) {
            ended(operation, start, bulk.hasFailure());
        }
    }

    private void ended(String operation, long start, boolean failed) {
        events.remoteCall(name(), operation, time.nanos() - start, failed);
    }

    private boolean isSecondPast(AtomicLong last) {
        long now = time.nanos();
        long then = last.get();
        return now - then >= SECOND_NANOS && last.compareAndSet(then, now);
    }

    static Throwable unwrap(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
