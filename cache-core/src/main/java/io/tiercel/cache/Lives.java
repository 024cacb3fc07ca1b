package io.tiercel.cache;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Draws the life of a new entry from the policy. Jitter only ever shortens: a ttl is a promise of how old a value may
 * get. The draw is made once and travels with the entry through all tiers.
 */
record Lives(DoubleSupplier random) {
    /**
     * A life.
     *
     * @param freshMillis milliseconds for which the entry is fresh, at least 1
     * @param hardMillis milliseconds for which it may be used, not less
     */
    record Life(long freshMillis, long hardMillis) {}

    Life ofValue(CachePolicy policy, Duration ttl) {
        long fresh = shortened(ttl, policy.jitter());
        return new Life(fresh, fresh + policy.staleLife().toMillis());
    }

    /** The knowledge that there is no value has no stale life: there is nothing to fall back on. */
    Life ofNothing(CachePolicy policy) {
        long fresh = shortened(policy.negativeTtl(), policy.jitter());
        return new Life(fresh, fresh);
    }

    private long shortened(Duration ttl, double jitter) {
        double share = 1 - jitter * random.getAsDouble();
        return Math.max(1, (long) (ttl.toMillis() * share));
    }
}
