package io.tiercel.sidecar.keyspace;

import com.sun.management.GcInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes L1 smaller while the heap is nearly full of what the collector could not free, and larger again when there is room.
 *
 * <p>What has not been collected does not count, as it may all be garbage; so what was freed by a step is seen only at later
 * collections, and for the next 20 looks nothing more is done if it is not urgent. A step up moves at most half as much of the heap as lies between the two
 * limits, so it does not bring on a step down. Used by one thread at a time.
 */
public final class HeapPressure {
    private static final String G1 = "G1 ";
    private static final double HIGH = 0.85;
    private static final double URGENT = 0.95;
    private static final double LOW = 0.70;
    private static final int LOOKS = 2;
    private static final int SETTLING = 20;
    private static final double STEP_DOWN = 1.0 / 4;
    private static final double STEP_UP = 1.0 / 16;
    private static final double LEAST = 1.0 / 4;

    private final LocalCopies copies;
    private final Supplier<@Nullable Heap> heap;
    private final Consumer<String> told;
    private @Nullable Heap last;
    private double share = 1;
    private int settling;
    private int high;
    private int low;

    /**
     * What was left after a collection.
     *
     * @param used bytes that could not be freed
     * @param maximum bytes that there can be
     */
    record Heap(long used, long maximum) {
        double full() {
            return (double) used / maximum;
        }
    }

    /** @param told what is done, for operators */
    public HeapPressure(LocalCopies copies, Consumer<String> told) {
        this(copies, HeapPressure::sinceLastCollection, told);
    }

    HeapPressure(LocalCopies copies, Supplier<@Nullable Heap> heap, Consumer<String> told) {
        this.copies = copies;
        this.heap = heap;
        this.told = told;
    }

    /**
     * Looks at the heap, and does something if it was found full, or not full, twice in a row; if it was about to burst, at
     * once.
     */
    public void look() {
        try {
            lookAndAct();
        } catch (OutOfMemoryError e) {
            // Then it is later than could be seen, and whoever is not caught here does not look again.
            share = LEAST;
            copies.shrinkTo(share);
        }
    }

    private void lookAndAct() {
        settling = Math.max(0, settling - 1);
        Heap now = heap.get();
        if (now == null || now.equals(last) || (settling > 0 && now.full() <= URGENT)) {
            return; // nothing has been collected since
        }
        last = now;
        high = now.full() > HIGH ? high + (now.full() > URGENT ? LOOKS : 1) : 0;
        low = now.full() < LOW ? low + 1 : 0;
        if (high >= LOOKS && share > LEAST) {
            boolean urgent = now.full() > URGENT;
            become(Math.max(LEAST, urgent ? share / 2 : share - STEP_DOWN), now);
        } else if (low >= LOOKS && share < 1) {
            become(Math.min(1, share + STEP_UP), now);
        }
    }

    private void become(double next, Heap now) {
        settling = SETTLING;
        boolean turned = share == 1 || next == 1 || next < share;
        share = next;
        high = 0;
        low = 0;
        copies.shrinkTo(share);
        if (turned) {
            told.accept("L1 may take " + (copies.maximumBytes() >> 20) + " MiB, " + Math.round(100 * share)
                    + "% of what is set: " + Math.round(100 * now.full())
                    + "% of the heap could not be freed by the last collection");
        }
    }

    /** Of the fullest pool of old objects, whatever the collector calls it; null if it was never collected. */
    private static @Nullable Heap sinceLastCollection() {
        Heap fullest = null;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            // Only pools of old objects have both thresholds.
            if (pool.getType() != MemoryType.HEAP
                    || !pool.isCollectionUsageThresholdSupported()
                    || !pool.isUsageThresholdSupported()) {
                continue;
            }
            MemoryUsage left = pool.getName().startsWith(G1) ? afterAny(pool) : pool.getCollectionUsage();
            if (left != null && left.getMax() > 0 && left.getUsed() > 0) {
                Heap heap = new Heap(left.getUsed(), left.getMax());
                fullest = fullest == null || heap.full() > fullest.full() ? heap : fullest;
            }
        }
        return fullest;
    }

    /**
     * G1 collects old objects a few at a time and begins when less than half of the heap is full of them; with a heap full
     * of what it cannot free it may not say so before it has to stop everything. Other collectors leave old garbage be until
     * then, so what lies there after a small collection means nothing.
     */
    private static @Nullable MemoryUsage afterAny(MemoryPoolMXBean pool) {
        GcInfo latest = null;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            GcInfo info =
                    collector instanceof com.sun.management.GarbageCollectorMXBean known ? known.getLastGcInfo() : null;
            if (info != null && (latest == null || info.getEndTime() > latest.getEndTime())) {
                latest = info;
            }
        }
        return latest == null ? null : latest.getMemoryUsageAfterGc().get(pool.getName());
    }
}
