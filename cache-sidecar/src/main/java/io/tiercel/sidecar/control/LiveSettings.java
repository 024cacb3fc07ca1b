package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** The settings in force that the cache and its front end look at with every command. Thread-safe. */
public final class LiveSettings {
    private volatile CacheSettings cache;
    private volatile QueueSettings queue;
    private volatile RateSettings rate;
    private volatile double ttlFactor = 1;
    private volatile Duration longestTtl = Duration.ofDays(30);

    /** Begins with these. */
    public LiveSettings(CacheSettings cache, QueueSettings queue, RateSettings rate) {
        this.cache = requireNonNull(cache, "cache");
        this.queue = requireNonNull(queue, "queue");
        this.rate = requireNonNull(rate, "rate");
    }

    /** How long copies are used, now. */
    public CacheSettings cache() {
        return cache;
    }

    /**
     * How long a copy in memory may be used without being read again, now: longer with more pods, so that each finds as
     * much in its memory as with few.
     */
    public Duration localTtl() {
        Duration ttl = cache.ttl();
        double factor = ttlFactor;
        if (factor <= 1 || ttl.compareTo(longestTtl) >= 0) {
            return ttl;
        }
        Duration longer = Duration.ofNanos(Math.round(ttl.toNanos() * factor));
        return longer.compareTo(longestTtl) < 0 ? longer : longestTtl;
    }

    /**
     * Says by how much copies are used longer than with as few pods as {@code ttl} is meant for.
     *
     * @param factor 1 or less for not longer
     * @param longest what comes of it at most
     */
    public void stretch(double factor, Duration longest) {
        longestTtl = requireNonNull(longest, "longest");
        ttlFactor = factor;
    }

    /** Changes it from the next command on. */
    public void cache(CacheSettings cache) {
        this.cache = requireNonNull(cache, "cache");
    }

    /** What happens to commands beyond those that may be in flight, now. */
    public QueueSettings queue() {
        return queue;
    }

    /** Changes it from the next command on. */
    public void queue(QueueSettings queue) {
        this.queue = requireNonNull(queue, "queue");
    }

    /** How many commands are let through, now. */
    public RateSettings rate() {
        return rate;
    }

    /** Changes it from the next command on. */
    public void rate(RateSettings rate) {
        this.rate = requireNonNull(rate, "rate");
    }
}
