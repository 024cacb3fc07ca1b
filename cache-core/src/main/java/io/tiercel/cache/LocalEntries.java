package io.tiercel.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Weigher;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
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
    /** From stored keys, by which others' changes are told, back to keys that cannot be read off them. */
    private final ConcurrentHashMap<String, K> byStored = new ConcurrentHashMap<>();

    private final Function<? super K, String> stored;
    private final int prefix;
    private volatile long seenTime;

    /**
     * @param stored the stored form of a key
     * @param prefix if keys are strings and their stored forms they themselves behind a prefix, its length, else -1
     */
    LocalEntries(LocalTier<? super V> bounds, Function<? super K, String> stored, int prefix, TimeSource time) {
        seenTime = time.nanos();
        this.prefix = prefix;
        this.stored = stored;
        // Upkeep runs on whoever caused it: handing each bit of it to a pool costs more than the upkeep.
        Caffeine<K, Entry<V>> builder = Caffeine.newBuilder()
                .executor(Runnable::run)
                .ticker(() -> seenTime)
                .expireAfter(new UntilHardEnd<K, V>())
                .evictionListener((@Nullable K key, @Nullable Entry<V> entry, RemovalCause cause) -> {
                    evictions.increment();
                    if (key != null && !isOwnName(key)) {
                        byStored.remove(stored.apply(key));
                    }
                });
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
    boolean putIf(K key, String stored, Entry<V> entry, BooleanSupplier condition) {
        return map.compute(key, (k, old) -> condition.getAsBoolean() ? noted(k, stored, entry) : old) == entry;
    }

    /** Puts an entry if the condition holds, and else removes what is there. */
    boolean putOrRemove(K key, String stored, Entry<V> entry, BooleanSupplier condition) {
        return map.compute(key, (k, old) -> condition.getAsBoolean() ? noted(k, stored, entry) : null) == entry;
    }

    /** Within the entry's own update, as is every removal: who is in the map can be found by the stored key. */
    private Entry<V> noted(K key, String stored, Entry<V> entry) {
        if (!isOwnName(key)) {
            byStored.put(stored, key);
        }
        return entry;
    }

    private boolean isOwnName(K key) {
        return prefix >= 0 && key instanceof String;
    }

    void remove(K key, String stored) {
        Entry<V> unused = map.compute(key, (k, entry) -> {
            if (!isOwnName(k)) {
                byStored.remove(stored);
            }
            return null;
        });
    }

    /** Removes an entry that is known by its stored key only. */
    void removeStored(String stored) {
        if (prefix >= 0) {
            map.remove(stored.substring(prefix));
        }
        K key = byStored.isEmpty() ? null : byStored.get(stored);
        if (key != null) {
            remove(key, stored);
        }
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

    /** Removes what is there now; what comes in meanwhile may stay. */
    void clear() {
        for (K key : map.keySet()) {
            if (isOwnName(key)) {
                map.remove(key);
            } else {
                remove(key, stored.apply(key));
            }
        }
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
