package io.tiercel.cache;

import java.time.Duration;

/** Something that an operator may want to know, and that does not happen with every request. Immutable. */
public sealed interface CacheEvent {
    /** The cache's name. */
    String cache();

    /**
     * A tier's operation failed after one that did not; further failures are only counted until it recovers.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param operation {@code get}, {@code put} or {@code remove}
     * @param cause what the tier said, without keys and values
     */
    record TierFailed(String cache, String tier, String operation, Throwable cause) implements CacheEvent {}

    /**
     * A tier answers again.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param failedFor time since the failure that {@link TierFailed} told of
     */
    record TierRecovered(String cache, String tier, Duration failedFor) implements CacheEvent {}

    /**
     * Stored bytes were not a value of this cache, and are treated as a miss. At most one event a second for each tier.
     *
     * @param cache the cache's name
     * @param tier the tier that held them
     * @param reason what was wrong with them; never holds the bytes
     */
    record Undecodable(String cache, String tier, String reason) implements CacheEvent {}

    /**
     * A value was larger than a tier takes, and passed it by. At most one event a second for each tier.
     *
     * @param cache the cache's name
     * @param tier the tier that was passed by
     * @param bytes the value's encoded size with its header
     * @param maximum what the tier takes at most, in bytes
     */
    record Oversized(String cache, String tier, int bytes, int maximum) implements CacheEvent {}

    /**
     * The policy was changed or reset.
     *
     * @param cache the cache's name
     * @param before the policy until now
     * @param after the policy from now on
     */
    record PolicyChanged(String cache, CachePolicy before, CachePolicy after) implements CacheEvent {}

    /**
     * More removals wait for their repair than are remembered one by one: everything in the parts of the key space of
     * the others will be ended.
     *
     * @param cache the cache's name
     * @param remembered how many are remembered
     */
    record RepairsOverflowed(String cache, int remembered) implements CacheEvent {}

    /**
     * The cache was closed before a tier took some removals: it may hold older values of those keys until their end.
     *
     * @param cache the cache's name
     * @param count how many
     */
    record RepairsLost(String cache, int count) implements CacheEvent {}
}
