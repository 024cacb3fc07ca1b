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

    /** How long copies are used, now. */
    public CacheSettings cache() {
        return cache;
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
