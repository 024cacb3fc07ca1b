package io.tiercel.failure;

import io.tiercel.cache.CachePolicy;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** The policies under test, all in this place. */
final class Policies {
    /** Over all instances: as many as the database has cores, which is its knee. */
    static final int PERMITS = 2;

    /** What two permits of 10 ms each get through while a user waits. */
    private static final int QUEUE = 50;

    /** Somewhat less than a user waits. */
    private static final Duration WAIT = Duration.ofMillis(300);

    private Policies() {}

    /** Loads are limited, and nothing past its life is served: who cannot be served in time is told so. */
    static UnaryOperator<CachePolicy> limited(Duration ttl) {
        return policy -> policy.ttl(ttl)
                .jitter(0) // what must not be, or there is nothing to see
                .loaderPermits(PERMITS)
                .loaderQueue(QUEUE)
                .loaderWait(WAIT);
    }

    /** The same, and what is past its life is served while it is renewed behind. */
    static UnaryOperator<CachePolicy> stale(Duration ttl) {
        return policy -> limited(ttl)
                .apply(policy)
                .staleWhileRevalidate(Duration.ofSeconds(30))
                .staleIfError(Duration.ofSeconds(60))
                .softTimeout(Duration.ofMillis(200));
    }
}
