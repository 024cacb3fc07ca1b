package io.tiercel.failure;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * How much of the heap is in use and no garbage, looked at again and again while something goes on: what the collector
 * found right after it ran, so that what is allocated since does not count.
 */
final class Retained implements AutoCloseable {
    private static final long PAUSE_NANOS = 100_000_000;

    private final long before = afterCollection();
    private final AtomicLong most = new AtomicLong();
    private final Thread thread = new Thread(this::look, "retained");
    private volatile boolean done;

    Retained() {
        thread.setDaemon(true);
        thread.start();
    }

    private void look() {
        while (!done) {
            most.accumulateAndGet(afterCollection() - before, Math::max);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Megabytes more than at the beginning, at the worst moment that was seen. */
    double mostMegabytes() {
        return most.get() / 1e6;
    }

    /** Megabytes more than at the beginning, at the best of several looks from now on. */
    double megabytesNow() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            least = Math.min(least, afterCollection() - before);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return least / 1e6;
    }

    private static long afterCollection() {
        System.gc();
        long sum = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage usage = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
            sum += usage == null ? 0 : usage.getUsed();
        }
        return sum;
    }

    @Override
    public void close() {
        done = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
