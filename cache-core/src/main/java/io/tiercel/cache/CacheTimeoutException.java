package io.tiercel.cache;

import java.time.Duration;

/**
 * A load took longer than its reader waits. It goes on, and what it brings is stored for later readers.
 *
 * @see CachePolicy#hardTimeout()
 */
public final class CacheTimeoutException extends CacheException {
    private static final long serialVersionUID = 1L;

    private final Duration waited;

    CacheTimeoutException(String cache, Duration waited) {
        super("cache '" + cache + "': the load has not ended within " + waited.toMillis() + " ms; it goes on", null);
        this.waited = waited;
    }

    /** How long the reader waited. */
    public Duration waited() {
        return waited;
    }
}
