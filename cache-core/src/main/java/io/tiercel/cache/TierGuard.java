package io.tiercel.cache;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the engine knows of a remote tier: every call goes through here to be counted and timed, and a tier that throws
 * or answers with too few outcomes, against its contract, is a tier that failed. Thread-safe.
 */
final class TierGuard {
    private static final long HEALTHY = 0;
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
    private final Events events;
    private final TimeSource time;
    private final AtomicLong failingSince = new AtomicLong(HEALTHY);
    private final AtomicLong lastUndecodable;
    private final AtomicLong lastOversized;

    TierGuard(String cache, RemoteTier tier, Events events, TimeSource time) {
        this.cache = cache;
        this.tier = tier;
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

    void close() {
        tier.close();
    }

    CompletableFuture<byte @Nullable []> get(String key) {
        return one("get", () -> tier.get(key)).thenApply(bytes -> {
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
        return all("get", keys.size(), () -> tier.getAll(keys)).thenApply(outcomes -> {
            for (Outcome<byte[]> outcome : outcomes) {
                if (outcome instanceof Outcome.Done<byte[]> done && done.value() != null) {
                    bytesRead.add(done.value().length);
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return one("put", () -> tier.put(key, value, ttl)).thenRun(() -> written(value));
    }

    CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        if (entries.size() == 1) {
            TierEntry entry = entries.get(0);
            return alone(put(entry.key(), entry.value(), entry.ttl()));
        }
        return all("put", entries.size(), () -> tier.putAll(entries)).thenApply(outcomes -> {
            for (int i = 0; i < entries.size(); i++) {
                if (outcomes.get(i) instanceof Outcome.Done<Void>) {
                    written(entries.get(i).value());
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        return one("put", () -> tier.putIfAbsent(key, value, ttl)).thenApply(present -> {
            if (present == null) {
                written(value);
            }
            return present;
        });
    }

    CompletableFuture<Boolean> remove(String key) {
        return one("remove", () -> tier.remove(key)).thenApply(removed -> {
            removals.increment();
            return removed;
        });
    }

    CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        if (keys.size() == 1) {
            return alone(remove(keys.get(0)));
        }
        return all("remove", keys.size(), () -> tier.removeAll(keys)).thenApply(outcomes -> {
            removals.add(keys.size());
            return outcomes;
        });
    }

    CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        if (entries.size() == 1) {
            TierEntry entry = entries.get(0);
            return alone(putIfAbsent(entry.key(), entry.value(), entry.ttl()));
        }
        return all("put", entries.size(), () -> tier.putAllIfAbsent(entries)).thenApply(outcomes -> {
            for (int i = 0; i < entries.size(); i++) {
                if (outcomes.get(i) instanceof Outcome.Done<byte[]> done && done.value() == null) {
                    written(entries.get(i).value());
                }
            }
            return outcomes;
        });
    }

    CompletableFuture<Boolean> replace(String key, byte[] prefix, byte[] value, Duration ttl) {
        return one("put", () -> tier.replaceIfStartsWith(key, prefix, value, ttl))
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
        return all("put", replacements.size(), () -> tier.replaceAllIfStartsWith(replacements))
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
        return one("remove", () -> tier.removeIfStartsWith(key, prefix));
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

    private <T> CompletableFuture<T> one(String operation, Supplier<CompletableFuture<T>> call) {
        long start = time.nanos();
        return guarded(call).whenComplete((answer, error) -> {
            if (error != null) {
                failures.increment();
            }
            ended(operation, start, error);
        });
    }

    private <T> CompletableFuture<List<Outcome<T>>> all(
            String operation, int size, Supplier<CompletableFuture<List<Outcome<T>>>> call) {
        long start = time.nanos();
        return guarded(call)
                .handle((outcomes, error) -> {
                    if (error == null && outcomes.size() == size) {
                        return outcomes;
                    }
                    Throwable cause = error != null
                            ? unwrap(error)
                            : new TierException(name() + ": answered with " + outcomes.size() + " outcomes of " + size);
                    return Collections.nCopies(size, Outcome.<T>failed(cause));
                })
                .thenApply(outcomes -> {
                    Throwable first = null;
                    for (Outcome<T> outcome : outcomes) {
                        if (outcome instanceof Outcome.Failed<T> failed) {
                            failures.increment();
                            first = first == null ? failed.cause() : first;
                        }
                    }
                    ended(operation, start, first);
                    return outcomes;
                });
    }

    private static <T> CompletableFuture<T> guarded(Supplier<CompletableFuture<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void ended(String operation, long start, @Nullable Throwable error) {
        long now = time.nanos();
        events.remoteCall(name(), operation, now - start, error != null);
        long since = failingSince.get();
        if (error != null && since == HEALTHY) {
            if (failingSince.compareAndSet(HEALTHY, now == HEALTHY ? 1 : now)) {
                events.emit(new CacheEvent.TierFailed(cache, name(), operation, unwrap(error)));
            }
        } else if (error == null && since != HEALTHY && failingSince.compareAndSet(since, HEALTHY)) {
            events.emit(new CacheEvent.TierRecovered(cache, name(), Duration.ofNanos(now - since)));
        }
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
