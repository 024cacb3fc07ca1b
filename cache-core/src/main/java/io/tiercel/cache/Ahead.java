package io.tiercel.cache;

import java.util.concurrent.TimeUnit;

/** When an entry of L1 is renewed before its end, and when it was read. One for all copies of an entry. Thread-safe. */
final class Ahead {
    /** What is written more often makes the readers of a hot entry wait for each other's caches. */
    private static final long GRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Monotonic nanoseconds. */
    private final long renewAt;

    private volatile long readAt;
    private volatile long triedAt;

    /** @param readAt when it was read last, as far as is known */
    Ahead(long renewAt, long readAt) {
        this.renewAt = renewAt;
        this.readAt = readAt;
        this.triedAt = renewAt - AGAIN_NANOS;
    }

    void read(long now) {
        if (now - readAt > GRAIN_NANOS) {
            readAt = now;
        }
    }

    long readAt() {
        return readAt;
    }

    /** Whether it is to be renewed now; true to few and not to all who ask at the same time. */
    boolean begins(long now) {
        if (now - renewAt < 0 || now - triedAt < AGAIN_NANOS) {
            return false;
        }
        triedAt = now;
        return true;
    }
}
