package io.tiercel.cache.tier;

import java.time.Duration;
import java.util.Objects;

/**
 * One entry of a bulk write. The array is not copied; nobody changes it from here on.
 *
 * @param key the key as the engine names it; the store maps it to what it can take
 * @param value the bytes to store
 * @param ttl how long the store may keep them, positive; a store with a coarser grain rounds up
 */
@SuppressWarnings(
        "ArrayRecordComponent") // compared by nobody, and copying a value per write would cost more than it saves
public record TierEntry(String key, byte[] value, Duration ttl) {
    /** Refuses nulls and a ttl that is not positive. */
    public TierEntry {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
        if (ttl.isZero() || ttl.isNegative()) {
            throw new IllegalArgumentException("ttl must be positive: " + ttl);
        }
    }
}
