package io.tiercel.cache.tier;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * One conditional write: see {@link RemoteTier#replaceIfStartsWith}. The arrays are not copied.
 *
 * @param key the key as the engine names it
 * @param prefix what the stored bytes must begin with
 * @param value the bytes to store instead
 * @param ttl how long the store may keep them, positive
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Replacement(String key, byte[] prefix, byte[] value, Duration ttl) {
    /** Refuses nulls and a ttl that is not positive. */
    public Replacement {
        requireNonNull(key, "key");
        requireNonNull(prefix, "prefix");
        requireNonNull(value, "value");
        if (ttl.isZero() || ttl.isNegative()) {
            throw new IllegalArgumentException("ttl must be positive: " + ttl);
        }
    }
}
