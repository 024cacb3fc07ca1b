package io.tiercel.cache.tier.memcached;

import java.time.Duration;
import java.time.Instant;

/**
 * A time to live as Memcached takes it: whole seconds, and from 30 days on the Unix time of the end. What is longer
 * than 30 days and given as seconds would be a time in 1970, and 0 would be for ever.
 */
final class Expiry {
    private static final long LONGEST_RELATIVE = Duration.ofDays(30).toSeconds();

    private Expiry() {}

    static int of(Duration ttl, Instant now) {
        long seconds = ttl.toSeconds() + (ttl.toNanosPart() > 0 ? 1 : 0);
        if (seconds <= LONGEST_RELATIVE) {
            return (int) seconds;
        }
        return (int) Math.min(Integer.MAX_VALUE, now.getEpochSecond() + Math.min(seconds, Integer.MAX_VALUE));
    }
}
