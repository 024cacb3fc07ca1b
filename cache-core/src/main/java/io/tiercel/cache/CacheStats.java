package io.tiercel.cache;

import java.util.List;

/**
 * What a cache did since it was built. Immutable; the counts were read one after the other while the cache went on, so
 * sums may be off by what happened meanwhile.
 *
 * <p>Every key that was asked for is counted in exactly one of: a tier's {@code hits}, {@link #loads}, {@link #shared},
 * {@link #refused}, {@link #absent}.
 *
 * @param local L1; all zero without one
 * @param remote the remote tiers, the nearest first
 * @param loads keys for which a loader was called for a caller (not refreshes behind)
 * @param refused keys for which a loader was to be called and was not, as it had failed a moment ago or too many calls
 *     were under way; their callers got a stale value or an exception
 * @param loadFailures loads, refreshes included, that ended with an exception
 * @param refreshes loads that ran behind or were asked for by {@code refresh}
 * @param shared keys whose caller waited for the look-up or load of another
 * @param absent keys asked for without a loader that no tier had
 * @param stale answers, counted above too, that were past their fresh life
 * @param fillsRefused values that were not stored since the key was written or invalidated meanwhile
 * @param dropped writes that no caller waits for, to L2 or below, that were not made since too many were under way
 * @param loadNanos time spent in loaders, in nanoseconds
 */
public record CacheStats(
        TierStats local,
        List<TierStats> remote,
        long loads,
        long refused,
        long loadFailures,
        long refreshes,
        long shared,
        long absent,
        long stale,
        long fillsRefused,
        long dropped,
        long loadNanos) {

    /** Takes a copy of the list. */
    public CacheStats {
        remote = List.copyOf(remote);
    }

    /** Keys asked for: the sum of everything that a request can end as. */
    public long requests() {
        return hits() + loads + refused + shared + absent;
    }

    /** Keys that some tier answered. */
    public long hits() {
        long hits = local.hits();
        for (TierStats tier : remote) {
            hits += tier.hits();
        }
        return hits;
    }

    /** Share of the requests that some tier answered, from 0 to 1; 1 if there were none. */
    public double hitRatio() {
        long requests = requests();
        return requests == 0 ? 1 : (double) hits() / requests;
    }
}
