package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/** The settings in force that the cache and its front end look at with every command. Thread-safe. */
public final class LiveSettings {
    private volatile CacheSettings cache;
    private volatile QueueSettings queue;
    private volatile RateSettings rate;

    /** Begins with these. */
    public LiveSettings(CacheSettings cache, QueueSettings queue, RateSettings rate) {
        this.cache = requireNonNull(cache, "cache");
        this.queue = requireNonNull(queue, "queue");
        this.rate = requireNonNull(rate, "rate");
    }

    public CacheSettings cache() {
        return cache;
    }

    public void cache(CacheSettings cache) {
        this.cache = requireNonNull(cache, "cache");
    }

    public QueueSettings queue() {
        return queue;
    }

    public void queue(QueueSettings queue) {
        this.queue = requireNonNull(queue, "queue");
    }

    public RateSettings rate() {
        return rate;
    }

    public void rate(RateSettings rate) {
        this.rate = requireNonNull(rate, "rate");
    }
}
