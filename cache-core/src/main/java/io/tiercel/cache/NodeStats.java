package io.tiercel.cache;

/**
 * How calls to one node of a remote tier fare. Immutable. Counts begin when the node is first asked, and anew when it
 * was not asked for ten minutes.
 *
 * @param tier the tier's name
 * @param node the node as the tier names it, host and port for example
 * @param state whether it is asked
 * @param inFlight calls that wait for its answer; a bulk call is one
 * @param failures calls that failed for a cause that is the node's, timeouts included
 * @param timeouts calls that it did not answer in time
 * @param refused calls that were not made as its breaker was open
 * @param crowded calls that were not made, or did not leave this process, as too many were under way
 */
public record NodeStats(
        String tier, String node, State state, int inFlight, long failures, long timeouts, long refused, long crowded) {
    /** Whether a node is asked. */
    public enum State {
        /** It is; also where breakers are off. */
        CLOSED,
        /** One call is on its way, to see whether it is well again; other calls fail at once. */
        HALF_OPEN,
        /** It failed: calls for it fail at once. */
        OPEN
    }
}
