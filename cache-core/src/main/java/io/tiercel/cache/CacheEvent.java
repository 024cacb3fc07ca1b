package io.tiercel.cache;

import java.time.Duration;

/** Something that an operator may want to know, and that does not happen with every request. Immutable. */
public sealed interface CacheEvent {
    /** The cache's name. */
    String cache();

    /**
     * A node of a tier failed while none did; further failures are only counted until all of them answer again.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param operation {@code get}, {@code put} or {@code remove}
     * @param cause what the tier said, without keys and values
     */
    record TierFailed(String cache, String tier, String operation, Throwable cause) implements CacheEvent {}

    /**
     * All nodes of a tier that are asked answer again.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param failedFor time since the failure that {@link TierFailed} told of
     */
    record TierRecovered(String cache, String tier, Duration failedFor) implements CacheEvent {}

    /**
     * A tier refused an operation without being away: its memory is full, or too many calls are under way, for example.
     * At most one event a second for each tier.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param node the node as the tier names it, host and port for example
     * @param operation {@code get}, {@code put} or {@code remove}
     * @param cause what the tier said, without keys and values
     */
    record TierRefused(String cache, String tier, String node, String operation, Throwable cause)
            implements CacheEvent {}

    /**
     * A node failed so often that it is not asked any more, but for one call now and then that sees whether it is well
     * again.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param node the node as the tier names it, host and port for example
     * @param cause its last failure, without keys and values
     * @param openFor when that one call is let through; later ones have longer to wait, see {@link Resilience#openFor}
     */
    record BreakerOpened(String cache, String tier, String node, Throwable cause, Duration openFor)
            implements CacheEvent {}

    /**
     * A node that was not asked has answered, and is asked again.
     *
     * @param cache the cache's name
     * @param tier the tier's name
     * @param node the node as the tier names it, host and port for example
     * @param openedFor for how long it was not asked
     */
    record BreakerClosed(String cache, String tier, String node, Duration openedFor) implements CacheEvent {}

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
