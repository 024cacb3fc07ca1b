package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store in memory that does what the test says: fails, hangs, answers late, refuses some keys. */
final class FakeTier implements RemoteTier {
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Stored(byte[] bytes, Duration ttl, long endMillis) {}

    final Map<String, Stored> stored = new ConcurrentHashMap<>();
    /** What caches note for themselves; kept apart, so that tests count entries only. */
    final Map<String, Stored> notes = new ConcurrentHashMap<>();

    final List<String> log;
    final List<FakeFeed> feeds = new CopyOnWriteArrayList<>();
    final AtomicInteger gets = new AtomicInteger();
    final AtomicInteger bulkGets = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();

    private final String name;
    private final TimeSource time;
    private final ReentrantLock step = new ReentrantLock();
    volatile boolean failing;
    /** What writes of values fail with; reads and removals go on. */
    volatile @Nullable TierException refusing;

    /** Whether it tells of changes. */
    volatile boolean telling;

    volatile @Nullable CompletableFuture<?> getGate;
    volatile @Nullable CompletableFuture<?> putGate;
    volatile @Nullable CompletableFuture<?> replaceGate;
    volatile @Nullable CompletableFuture<?> removeGate;
    /** Whether each operation on a key and what is told of it are one step. */
    volatile boolean atomic;

    /** Whether an operation is done before it waits at its gate, so that only the answer is held back. */
    volatile boolean worksFirst;

    volatile @Nullable Executor executor;
    volatile @Nullable String failingKey;
    volatile int maximumValueBytes = Integer.MAX_VALUE;

    FakeTier(String name, TimeSource time) {
        this(name, time, new CopyOnWriteArrayList<>());
    }

    FakeTier(String name, TimeSource time, List<String> log) {
        this.name = name;
        this.time = time;
        this.log = log;
    }

    private <T> CompletableFuture<T> answer(
            String operation, String key, @Nullable CompletableFuture<?> gate, Supplier<T> work) {
        if (!isNote(key)) {
            log.add(name + "." + operation + " " + key);
        }
        if (failing || key.equals(failingKey)) {
            return CompletableFuture.failedFuture(new TierException(name + " is down"));
        }
        TierException refusal = refusing;
        if (refusal != null && operation.startsWith("put")) {
            return CompletableFuture.failedFuture(refusal);
        }
        Executor on = executor;
        if (atomic) {
            return CompletableFuture.completedFuture(inOneStep(work));
        }
        if (gate != null && !isNote(key)) {
            if (worksFirst) {
                T done = work.get();
                return gate.thenApply(x -> done);
            }
            return gate.thenApply(x -> work.get());
        }
        return on == null ? CompletableFuture.completedFuture(work.get()) : CompletableFuture.supplyAsync(work, on);
    }

    private <T> T inOneStep(Supplier<T> work) {
        step.lock();
        try {
            return work.get();
        } finally {
            step.unlock();
        }
    }

    /** What a cache notes for itself is no traffic of its callers. */
    private static boolean isNote(String key) {
        return key.indexOf('!') >= 0;
    }

    private Map<String, Stored> map(String key) {
        return isNote(key) ? notes : stored;
    }

    /** What the last writer of the key gave it to live. */
    Duration ttl(String key) {
        return requireNonNull(stored.get(key), key).ttl();
    }

    byte @Nullable [] bytes(String key) {
        Stored s = map(key).get(key);
        return s == null || s.endMillis() <= time.millis() ? null : s.bytes();
    }

    private void store(String key, byte[] value, Duration ttl) {
        map(key).put(key, new Stored(value, ttl, time.millis() + ttl.toMillis()));
        tell(key);
    }

    private boolean drop(String key) {
        boolean was = map(key).remove(key) != null;
        if (was) {
            tell(key); // as Redis, which tells nothing of a removal of nothing
        }
        return was;
    }

    private void tell(String key) {
        feeds.forEach(feed -> feed.tell(key));
    }

    @Override
    public @Nullable ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        if (!telling) {
            return null;
        }
        FakeFeed feed = new FakeFeed(prefixes, time, listener);
        feeds.add(feed);
        return feed;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration timeout() {
        return Duration.ofMillis(200);
    }

    @Override
    public int maximumValueBytes() {
        return maximumValueBytes;
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        if (!isNote(key)) {
            gets.incrementAndGet();
        }
        return answer("get", key, getGate, () -> bytes(key));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        if (!keys.stream().allMatch(FakeTier::isNote)) {
            bulkGets.incrementAndGet();
        }
        return bulk(keys.stream()
                .map(k -> answer("getAll", k, getGate, () -> bytes(k)))
                .toList());
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return answer("put", key, putGate, () -> {
            store(key, value, ttl);
            return null;
        });
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        return bulk(entries.stream()
                .map(e -> this.<Void>answer("putAll", e.key(), putGate, () -> {
                    store(e.key(), e.value(), e.ttl());
                    return null;
                }))
                .toList());
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return answer("remove", key, removeGate, () -> drop(key));
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return bulk(keys.stream()
                .map(k -> answer("removeAll", k, removeGate, () -> drop(k)))
                .toList());
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        return answer("putIfAbsent", key, putGate, () -> {
            byte[][] there = new byte[1][];
            map(key).compute(key, (k, old) -> {
                there[0] = old == null || old.endMillis() <= time.millis() ? null : old.bytes();
                return there[0] == null ? new Stored(value, ttl, time.millis() + ttl.toMillis()) : old;
            });
            if (there[0] == null) {
                tell(key);
            }
            return there[0];
        });
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        return answer("replace", key, replaceGate, () -> {
            boolean[] same = new boolean[1];
            map(key).computeIfPresent(key, (k, old) -> {
                same[0] = old.endMillis() > time.millis() && startsWith(old.bytes(), prefix);
                return same[0] ? new Stored(value, ttl, time.millis() + ttl.toMillis()) : old;
            });
            if (same[0]) {
                tell(key);
            }
            return same[0];
        });
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        return answer("removeIf", key, null, () -> {
            boolean[] same = new boolean[1];
            map(key).computeIfPresent(key, (k, old) -> {
                same[0] = startsWith(old.bytes(), prefix);
                return same[0] ? null : old;
            });
            if (same[0]) {
                tell(key);
            }
            return same[0];
        });
    }

    private static boolean startsWith(byte @Nullable [] bytes, byte[] prefix) {
        return bytes != null
                && bytes.length >= prefix.length
                && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static <T> CompletableFuture<List<Outcome<T>>> bulk(List<CompletableFuture<T>> all) {
        return CompletableFuture.allOf(
                        all.stream().map(f -> f.handle((v, e) -> null)).toArray(CompletableFuture<?>[]::new))
                .thenApply(x -> {
                    List<Outcome<T>> outcomes = new ArrayList<>();
                    for (CompletableFuture<T> f : all) {
                        outcomes.add(f.handle((v, e) -> e == null ? Outcome.done(v) : Outcome.<T>failed(e))
                                .join());
                    }
                    return outcomes;
                });
    }

    @Override
    public void close() {
        closes.incrementAndGet();
    }
}
