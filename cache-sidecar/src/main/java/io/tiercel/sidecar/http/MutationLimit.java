package io.tiercel.sidecar.http;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A token bucket that holds one second's changes. Thread-safe. */
final class MutationLimit {
    private final long interval;
    private final long second = TimeUnit.SECONDS.toNanos(1);
    private final LongSupplier nanos;

    /** When the bucket would be full if nobody came any more, counted from the start. */
    private final AtomicLong full = new AtomicLong();

    private final long start;

    /**
     * A full bucket.
     *
     * @param nanos a clock that never goes back, in nanoseconds
     */
    MutationLimit(int perSecond, LongSupplier nanos) {
        this.interval = second / perSecond;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    boolean admits() {
        while (true) {
            long now = nanos.getAsLong() - start;
            long before = full.get();
            long after = Math.max(before, now) + interval;
            if (after - now > second) {
                return false;
            }
            if (full.compareAndSet(before, after)) {
                return true;
            }
        }
    }
}
