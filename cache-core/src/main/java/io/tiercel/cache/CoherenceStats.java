package io.tiercel.cache;

import java.time.Duration;
import java.util.List;

/**
 * How well a cache keeps in step with the same cache in other processes. Immutable.
 *
 * @param nodes the nodes of the first remote tier that are listened to; empty if it tells of no changes
 * @param distrusted reads that found a fresh copy in L1 and did not use it, as nobody could say that it was still right
 * @param waited reads that waited for a load in another process, each look counted
 * @param repairsPending keys whose removal a tier has yet to take
 * @param repairsAdded keys whose write or removal a tier did not take, since the cache was built
 * @param repairsMade of those, the ones that were removed later
 * @param probed hits of L1 that were compared with the first remote tier, see {@link Coherence#probeEvery}
 * @param probedStale of those, the ones that differed
 */
public record CoherenceStats(
        List<Node> nodes,
        long distrusted,
        long waited,
        long repairsPending,
        long repairsAdded,
        long repairsMade,
        long probed,
        long probedStale) {
    /** Copies the list. */
    public CoherenceStats {
        nodes = List.copyOf(nodes);
    }

    /**
     * One node that is listened to.
     *
     * @param address host and port
     * @param state {@code connecting}, {@code armed} or {@code lost}
     * @param vouchedAgo how long ago the moment is up to which every change is known; beyond the bound, L1's copies of
     *     what the node holds are not used
     * @param changes keys told of since the cache was built
     * @param losses how often the stream was lost
     */
    public record Node(String address, String state, Duration vouchedAgo, long changes, long losses) {}
}
