package io.tiercel.cache;

/**
 * How a cache gets on with its source. Immutable; counts are since the cache was built.
 *
 * @param permits how many loader calls may be under way now
 * @param underWay how many are, those included that nobody waits for any more
 * @param waiting loads that wait for others to end
 * @param queued loads that had to wait for others
 * @param shed loads that were given up since the queue was full or the wait too long
 * @param backedOff loads that were not made since the loader had failed for the key a moment before
 * @param softTimeouts readers who were given a stale value since the loader was slow
 * @param hardTimeouts readers who were let go since the loader took too long
 * @see CachePolicy#loaderPermits()
 */
public record LoaderStats(
        int permits,
        int underWay,
        int waiting,
        long queued,
        long shed,
        long backedOff,
        long softTimeouts,
        long hardTimeouts) {}
