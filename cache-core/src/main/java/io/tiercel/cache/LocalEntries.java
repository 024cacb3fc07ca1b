package io.tiercel.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Weigher;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * L1: Caffeine, which decides what stays, around entries that know their own ends.
 *
 * <p>A read must look at the clock once. So Caffeine's ticker is not the clock but the time at which somebody last
 * looked, which {@link #sawTime} moves on; it is late by what passed since, and serves only to free the memory of entries
 * that have ended. Whether an entry may be served is decided from the entry itself, exactly.
 *
 * <p>Thread-safe.
 */
final class LocalEntries<K, V> {
    /** What Caffeine and an {@link Entry} take for each entry beside key and value, about. */
    private static final int OVERHEAD_BYTES = 144;

    private static final int STRING_BYTES = 56;
    private static final long TICK_NANOS = 1_000_000;

    private final Cache<K, Entry<V>> cache;
    private final ConcurrentMap<K, Entry<V>> map;
    private final Policy.Eviction<K, Entry<V>> eviction;
    private final LongAdder evictions = new LongAdder();
    private final Weigher<K, Entry<V>> weigher;
    private final long maximum;
    private volatile long seenTime;

    LocalEntries(LocalTier<? super V> bounds, TimeSource time) {
        seenTime = time.nanos();
        // Upkeep runs on whoever caused it: handing each bit of it to a pool costs more than the upkeep.
        Caffeine<K, Entry<V>> builder = Caffeine.newBuilder()
                .executor(Runnable::run)
                .ticker(() -> seenTime)
                .expireAfter(new UntilHardEnd<K, V>())
                .evictionListener(
                        (@Nullable K key, @Nullable Entry<V> entry, RemovalCause cause) -> evictions.increment());
        maximum = bounds.maximum();
        if (bounds.byBytes()) {
            ToIntFunction<? super V> valueBytes = bounds.valueBytes();
            weigher = (key, entry) -> weight(key, entry, valueBytes);
            builder.maximumWeight(maximum).weigher(weigher);
        } else {
            weigher = Weigher.singletonWeigher();
            builder.maximumSize(maximum);
        }
        cache = builder.build();
        map = cache.asMap();
        eviction = cache.policy().eviction().orElseThrow();
    }

    private static <K, V> int weight(K key, Entry<V> entry, @Nullable ToIntFunction<? super V> valueBytes) {
        long keyBytes = key instanceof String string ? STRING_BYTES + string.length() : STRING_BYTES;
        V value = entry.value;
        long bytes = valueBytes == null || value == null ? entry.size : valueBytes.applyAsInt(value);
        if (bytes < 0) {
            throw new IllegalArgumentException("local.maximumBytes: the weigher gave a negative size: " + bytes);
        }
        return (int) Math.min(Integer.MAX_VALUE, OVERHEAD_BYTES + keyBytes + bytes);
    }

    /** The entry, whatever its ends say. Allocates nothing and takes no lock. */
    @Nullable
    Entry<V> get(K key) {
        return cache.getIfPresent(key);
    }

    /** Tells L1 what time it is; whoever looks at the clock calls this. */
    void sawTime(long now) {
        if (now - seenTime > TICK_NANOS) {
            seenTime = now;
        }
    }

    /** Puts an entry if the condition holds; no removal of that key comes between the check and the entry. */
    boolean putIf(K key, Entry<V> entry, BooleanSupplier condition) {
        return map.compute(key, (k, old) -> condition.getAsBoolean() ? entry : old) == entry;
    }

    /** Puts an entry if the condition holds, and else removes what is there. */
    boolean putOrRemove(K key, Entry<V> entry, BooleanSupplier condition) {
        return map.compute(key, (k, old) -> condition.getAsBoolean() ? entry : null) == entry;
    }

    void remove(K key) {
        map.remove(key);
    }

    void expire(K key, long now) {
        Entry<V> unused = map.computeIfPresent(key, (k, entry) -> entry.expiredAt(now));
    }

    List<K> hottest(int limit) {
        return List.copyOf(eviction.hottest(limit).keySet());
    }

    long size() {
        return cache.estimatedSize();
    }

    /** The bound, in entries or bytes. */
    long maximum() {
        return maximum;
    }

    /** What an entry takes of {@link #maximum()}. */
    long weightOf(K key, Entry<V> entry) {
        return weigher.weigh(key, entry);
    }

    /** What the entries weigh, 0 if they are counted and not weighed. */
    long weight() {
        return eviction.weightedSize().orElse(0);
    }

    long evictions() {
        return evictions.sum();
    }

    void clear() {
        cache.invalidateAll();
    }

    private record UntilHardEnd<K, V>() implements Expiry<K, Entry<V>> {
        @Override
        public long expireAfterCreate(K key, Entry<V> entry, long now) {
            return Math.max(0, entry.hardEnd - now);
        }

        @Override
        public long expireAfterUpdate(K key, Entry<V> entry, long now, long currentDuration) {
            return Math.max(0, entry.hardEnd - now);
        }

        @Override
        public long expireAfterRead(K key, Entry<V> entry, long now, long currentDuration) {
            return currentDuration;
        }
    }
}
