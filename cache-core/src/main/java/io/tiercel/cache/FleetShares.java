package io.tiercel.cache;

/**
 * What a cache must know of the other instances of its service: how many there are, and how much of its source this one
 * may ask at once. {@link io.tiercel.cache.fleet.Fleet Fleet.shares} gives one, for one cache or for several that load
 * from the same source.
 *
 * <p>All methods are called by many threads, some of them under a lock, and must not block.
 */
public interface FleetShares {
    /** By how many instances everything is divided, this one included; at least 1. Asked whenever L1 takes an entry. */
    int size();

    /**
     * How many loader calls may be under way here, of all caches that share them; 0 or more, {@link Integer#MAX_VALUE} if
     * the fleet has no limit.
     */
    int loaderPermits();

    /**
     * Takes one of {@link #loaderPermits()}, unless all are taken. What is taken counts until it is given back, also when
     * there have become fewer meanwhile.
     *
     * @return whether it was taken
     */
    boolean takeLoaderPermit();

    /** Gives back what was taken. */
    void returnLoaderPermit();

    /** From now on runs it whenever there may be more to take than before, on whatever thread; it does not block. */
    void onMore(Runnable listener);

    /** No longer runs what was given to {@link #onMore}. */
    void forget(Runnable listener);
}
