package io.tiercel.cache;

import java.time.Duration;

/**
 * The loader was not called since too many calls are under way; the source was not asked. Nothing is remembered of it, so
 * the read can be repeated, best after {@link #retryAfter()}.
 */
public final class CacheOverloadedException extends CacheException {
    private static final long serialVersionUID = 1L;

    /** Why the loader was not called. */
    public enum Reason {
        /** As many loads as {@link CachePolicy#loaderQueue()} allows wait already. */
        QUEUE_FULL,
        /** None of the loads under way ended within {@link CachePolicy#loaderWait()}, or others were before this one. */
        WAITED_TOO_LONG
    }

    private final Reason reason;
    private final Duration retryAfter;

    CacheOverloadedException(String message, Reason reason, Duration retryAfter) {
        super(message + "; retry after " + retryAfter.toMillis() + " ms", null);
        this.reason = reason;
        this.retryAfter = retryAfter;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }

    /** When the loads that were waiting will be through, estimated from how long loads took lately; at least 1 ms. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
