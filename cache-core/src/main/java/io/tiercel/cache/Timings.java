package io.tiercel.cache;

/**
 * Is told how long things took. Called on whatever thread finished them, a store's client thread included: it must be
 * quick and must not block. L1 hits are not timed, as a clock read would cost as much as the hit.
 */
public interface Timings {
    /**
     * A remote call ended.
     *
     * @param tier the tier's name
     * @param operation {@code get}, {@code put} or {@code remove}, single or bulk
     * @param nanos in nanoseconds
     * @param failed whether it failed, for any key of a bulk call
     */
    void remoteCall(String tier, String operation, long nanos, boolean failed);

    /**
     * A loader returned or threw.
     *
     * @param nanos in nanoseconds
     * @param failed whether it threw
     */
    void load(long nanos, boolean failed);

    /**
     * The first remote tier told of a write that was made here.
     *
     * @param nanos since it was sent, in nanoseconds: about as long as it takes for others to learn of it
     */
    default void changeTold(long nanos) {}

    /**
     * A probed hit of L1 differed from the first remote tier, and is no longer served.
     *
     * @param nanos for how long it was after the comparison, in nanoseconds
     */
    default void staleness(long nanos) {}
}
