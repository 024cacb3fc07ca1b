package io.tiercel.sidecar.coherence;

import java.util.concurrent.TimeUnit;

/**
 * Whether a write that failed has been done or never will be: a server that stood still may do it when it goes on. Who does
 * not know must wait with the next, or Redis itself may have the older one in the end. Thread-safe.
 */
final class Settled {
    private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private volatile boolean broken;
    private volatile long healedAt = System.nanoTime() - NANOS;

    void broken() {
        broken = true;
    }

    void healed() {
        healedAt = System.nanoTime();
        broken = false;
    }

    /** @param failedAt when the write failed */
    boolean isSettled(long failedAt) {
        long now = System.nanoTime();
        return !broken && now - healedAt >= NANOS && now - failedAt >= NANOS;
    }
}
