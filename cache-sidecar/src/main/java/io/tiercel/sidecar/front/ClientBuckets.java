package io.tiercel.sidecar.front;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;

/**
 * A token bucket for each address that clients connect from. Of more than {@value #MOST} addresses those that come seldom
 * are forgotten, and begin with a full bucket when they come again.
 *
 * <p>Thread-safe; to look at a bucket that is there takes no lock and makes no object.
 */
final class ClientBuckets {
    static final int MOST = 10_000;

    // Looked up each time and not kept by connections, so that a bucket in use is not the one that is forgotten.
    private final LoadingCache<Object, RateLimiter> buckets =
            Caffeine.newBuilder().executor(Runnable::run).maximumSize(MOST).build(address -> new RateLimiter());

    RateLimiter of(Object address) {
        return buckets.get(address);
    }

    /** How many there are. */
    long size() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }
}
