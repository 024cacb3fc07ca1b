package io.tiercel.sidecar.control;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The cache as operators see it: what can be asked of it and done to it beside serving clients. No method blocks;
 * thread-safe. Keys are the text that a client sends as UTF-8, in database 0.
 */
public interface CacheBackend {
    /** The tiers that there are, L1 first. */
    List<TierStatus> tiers();

    /** Counts and gauges of the front end. */
    Traffic traffic();

    /** How the rate limit of the fleet is kept. */
    RateStatus rateLimit();

    /** Where the key is; changes nothing and counts nothing. */
    CompletionStage<KeyReport> where(String key);

    /**
     * Removes keys from every tier.
     *
     * @return how many Redis held; fails with an exception whose message is fit for users if it could not be done
     */
    CompletionStage<Long> invalidate(List<String> keys);

    /** Removes all keys that begin so from every tier; visits every key of Redis, so it takes time. */
    CompletionStage<Long> invalidatePrefix(String prefix);

    /** Up to so many keys, the hottest first by the cache's own estimate. */
    List<String> hottest(int limit);

    /** Up to so many keys with their values, the hottest first. */
    HotSet hotSet(int limit);

    /** Begins to bring keys into memory. */
    WarmUpRun warmUp(WarmUpPlan plan);

    /** Sets what a remote tier may be used for: {@code l2} or {@code l3}. Does nothing for a tier that there is not. */
    void mode(String tier, TierMode mode);
}
