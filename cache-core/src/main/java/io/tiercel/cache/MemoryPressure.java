package io.tiercel.cache;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether the heap is nearly full of what the collector could not free. What has not been collected yet does not count: it
 * may all be garbage. Thread-safe.
 */
final class MemoryPressure {
    private static final double HIGH = 0.85;
    private static final long GRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final TimeSource time;
    private final AtomicLong looked;
    private volatile boolean high;

    MemoryPressure(TimeSource time) {
        this.time = time;
        this.looked = new AtomicLong(time.nanos() - GRAIN_NANOS);
    }

    /** As of a second ago at most. */
    boolean isHigh() {
        long now = time.nanos();
        long last = looked.get();
        if (now - last >= GRAIN_NANOS && looked.compareAndSet(last, now)) {
            high = look();
        }
        return high;
    }

    private static boolean look() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            // The pools of the old generation, whatever the collector calls them.
            if (pool.getType() != MemoryType.HEAP || !pool.isCollectionUsageThresholdSupported()) {
                continue;
            }
            MemoryUsage left = pool.getCollectionUsage();
            if (pool.isUsageThresholdSupported()
                    && left != null
                    && left.getMax() > 0
                    && left.getUsed() > HIGH * left.getMax()) {
                return true;
            }
        }
        return false;
    }
}
