package io.tiercel.sidecar.control;

import java.util.List;

/**
 * How one tier is doing.
 *
 * @param tier {@code l1}, {@code l2} or {@code l3}
 * @param kind {@code memory}, {@code redis} or {@code memcached}
 * @param mode what operators let it be used for; always {@link TierMode#NORMAL} for L1
 * @param nodes its servers; empty for L1
 * @param hits reads that it answered with a value, since the start
 * @param misses reads that asked it and found none, since the start
 * @param errors operations on it that failed, since the start
 * @param entries how many keys it holds, -1 if only its servers know
 * @param bytes how many bytes it takes, -1 if only its servers know
 * @param maximumBytes how many bytes it may take, -1 if only its servers know
 * @param state whether it answers
 */
public record TierStatus(
        String tier,
        String kind,
        State state,
        TierMode mode,
        List<Node> nodes,
        long hits,
        long misses,
        long errors,
        long entries,
        long bytes,
        long maximumBytes) {
    public TierStatus {
        nodes = List.copyOf(nodes);
    }

    /** Whether it answers. */
    public enum State {
        /** It answers. */
        UP,
        /** Some of its servers do not. */
        DEGRADED,
        /** None of its servers does. */
        DOWN
    }

    /**
     * One server of a tier.
     *
     * @param address host and port
     * @param detail what is known in addition, in a few words for people, such as how it is listened to; may be empty
     * @param up whether it answers
     */
    public record Node(String address, boolean up, String detail) {}
}
