package io.tiercel.sidecar.memory;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.tiercel.sidecar.memory.Entry.Form;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All entries of all databases, bounded in bytes. Each call is one step; what takes several, as INCR does, is made one by
 * the {@link Stripes} that a caller holds meanwhile. Safe for use by any thread.
 */
final class Store {
    /** Of the key, the entry, the map's nodes and the place in the order, besides the bytes of both; measured. */
    static final int OVERHEAD_BYTES = 256;

    private static final int CREATION_COUNTERS = 1 << 14;
    /** Of a flushed database, so many keys are removed by who flushes it, and the rest behind. */
    private static final int REMOVED_AT_ONCE = 1_000;

    private static final long LONGEST_LIFE_MILLIS = TimeUnit.DAYS.toMillis(36_500);

    private final long seed = ThreadLocalRandom.current().nextLong();
    private final LongSupplier clockMillis;
    private final Cache<MemoryKey, Entry> cache;
    private final ConcurrentMap<MemoryKey, Entry> map;
    private final Policy.Eviction<MemoryKey, Entry> bound;
    private final AtomicReferenceArray<Space> spaces;
    private final AtomicInteger spacesMade = new AtomicInteger();
    private final AtomicLong lastVersion = new AtomicLong();
    /** How often keys came into being, several keys to a counter. */
    private final AtomicLongArray creations = new AtomicLongArray(CREATION_COUNTERS);

    private final LongAdder evictions = new LongAdder();

    Store(long maximumBytes, int databases, LongSupplier clockMillis) {
        this.clockMillis = clockMillis;
        spaces = new AtomicReferenceArray<>(databases);
        for (int db = 0; db < databases; db++) {
            spaces.set(db, newSpace());
        }
        // Upkeep runs on whoever caused it; the scheduler causes it when nobody writes and entries end.
        cache = Caffeine.newBuilder()
                .executor(Runnable::run)
                .scheduler(Scheduler.systemScheduler())
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clockMillis.getAsLong()))
                .expireAfter(new UntilExpiry())
                .maximumWeight(maximumBytes)
                .weigher((MemoryKey key, Entry entry) -> weight(key, entry))
                .evictionListener(this::lost)
                .build();
        map = cache.asMap();
        bound = cache.policy().eviction().orElseThrow();
    }

    private static int weight(MemoryKey key, Entry entry) {
        return (int) Math.min(Integer.MAX_VALUE, (long) OVERHEAD_BYTES + key.bytes().length + entry.value().length);
    }

    /** Called while the map holds the key, so that its space and the map do not part. */
    private void lost(@Nullable MemoryKey key, @Nullable Entry entry, RemovalCause cause) {
        if (key != null) {
            key.space().remove(key);
        }
        if (cause == RemovalCause.SIZE) {
            evictions.increment();
        }
    }

    private Space newSpace() {
        return new Space(spacesMade.incrementAndGet());
    }

    /** Milliseconds since 1970. */
    long now() {
        return clockMillis.getAsLong();
    }

    int databases() {
        return spaces.length();
    }

    Space space(int db) {
        return spaces.get(db);
    }

    long hash(byte[] key) {
        return MemoryKey.hash(key, seed);
    }

    MemoryKey key(int db, byte[] bytes) {
        return new MemoryKey(space(db), bytes, hash(bytes));
    }

    /** The entry, unless it has expired; counts as a use of it. */
    @Nullable
    Entry find(MemoryKey key) {
        return cache.getIfPresent(key);
    }

    /** The entry, unless it has expired, for who only looks through all. */
    @Nullable
    Entry peek(MemoryKey key) {
        return cache.policy().getIfPresentQuietly(key);
    }

    /** Sets a value. If its end has passed already, the key is removed. */
    void put(MemoryKey key, byte[] value, long expiresAt, Form form) {
        long now = now();
        if (expiresAt != Entry.NEVER && expiresAt < now) {
            remove(key);
            return;
        }
        Entry entry = new Entry(
                value, expiresAt, lastVersion.incrementAndGet(), (int) TimeUnit.MILLISECONDS.toSeconds(now), form);
        map.compute(key, (stored, old) -> {
            if (old == null) {
                stored.space().add(stored);
                creations.incrementAndGet(creationCounter(stored));
            }
            return entry;
        });
    }

    /** @return whether it was there and had not expired */
    boolean remove(MemoryKey key) {
        boolean[] removed = new boolean[1];
        map.computeIfPresent(key, (stored, old) -> {
            stored.space().remove(stored);
            removed[0] = true;
            return null;
        });
        return removed[0];
    }

    long version(MemoryKey key) {
        Entry entry = peek(key);
        // A key that came and went again since must not look as if it had never been there.
        return entry == null ? -1 - creations.get(creationCounter(key)) : entry.version();
    }

    private static int creationCounter(MemoryKey key) {
        return (int) key.hash() & (CREATION_COUNTERS - 1);
    }

    /** Removes all keys of a database: at once as far as anybody can see; their memory is freed behind. */
    void flush(int db) {
        Space flushed = spaces.getAndSet(db, newSpace());
        int removed = 0;
        for (MemoryKey key : flushed.all()) {
            if (++removed > REMOVED_AT_ONCE) {
                ForkJoinPool.commonPool().execute(() -> flushed.all().forEach(cache::invalidate));
                return;
            }
            cache.invalidate(key);
        }
    }

    void swap(int first, int second) {
        Space moved = spaces.get(first);
        spaces.set(first, spaces.get(second));
        spaces.set(second, moved);
    }

    /** Removes what has expired, as far as that is known without looking at every entry. */
    void cleanUp() {
        cache.cleanUp();
    }

    long entries() {
        long entries = 0;
        for (int db = 0; db < spaces.length(); db++) {
            entries += space(db).count();
        }
        return entries;
    }

    long bytes() {
        return bound.weightedSize().orElse(0);
    }

    long evictions() {
        return evictions.sum();
    }

    /** Entries end by themselves the millisecond after their last one. */
    private static final class UntilExpiry implements Expiry<MemoryKey, Entry> {
        @Override
        public long expireAfterCreate(MemoryKey key, Entry entry, long currentTime) {
            if (entry.expiresAt() == Entry.NEVER) {
                return Long.MAX_VALUE;
            }
            long left = entry.expiresAt() - TimeUnit.NANOSECONDS.toMillis(currentTime);
            return left > LONGEST_LIFE_MILLIS ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(left + 1);
        }

        @Override
        public long expireAfterUpdate(MemoryKey key, Entry entry, long currentTime, long currentDuration) {
            return expireAfterCreate(key, entry, currentTime);
        }

        @Override
        public long expireAfterRead(MemoryKey key, Entry entry, long currentTime, long currentDuration) {
            return currentDuration;
        }
    }
}
