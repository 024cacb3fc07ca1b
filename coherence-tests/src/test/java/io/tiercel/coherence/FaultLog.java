package io.tiercel.coherence;

import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * When something was broken, and which acknowledged writes may have been lost by that. Redis copies to replicas after it
 * has answered, so a failover can lose what the old primary acknowledged in the moments before; that, and nothing else, is
 * a {@link Loss}.
 */
final class FaultLog {
    /** How long before its failure a primary may have acknowledged what its replica did not get. */
    static final Duration REPLICATION_LAG = Duration.ofSeconds(2);

    /** After healing, for so long, the bound is still that of a fault. */
    static final Duration HEALING = Duration.ofSeconds(5);

    enum Phase {
        HEALTHY(Duration.ofSeconds(1)),
        FAULT(Duration.ofSeconds(5)),
        HEALED(Duration.ofSeconds(5));

        /** How old a value may be. */
        final Duration bound;

        Phase(Duration bound) {
            this.bound = bound;
        }
    }

    /**
     * From when to when; {@code System.nanoTime()}.
     *
     * @param paused the instance whose own process stood still, -1 for none
     */
    record Fault(String name, long begin, long end, int paused) {
        Fault(String name, long begin, long end) {
            this(name, begin, end, -1);
        }
    }

    /** Writes of keys in these slots that were under way between these moments. */
    record Loss(BitSet slots, long from, long to) {}

    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<Loss> losses = new CopyOnWriteArrayList<>();

    /** Something that breaks, lasts and heals. */
    @FunctionalInterface
    interface Breakage {
        void run() throws Exception;
    }

    /** Runs it and notes how long it took. */
    void during(String name, Breakage breakage) throws Exception {
        long begin = System.nanoTime();
        try {
            breakage.run();
        } finally {
            add(new Fault(name, begin, System.nanoTime()));
        }
    }

    /** As {@link #during}, of an instance whose process stands still. */
    void duringPauseOf(int instance, Breakage breakage) throws Exception {
        long begin = System.nanoTime();
        try {
            breakage.run();
        } finally {
            add(new Fault("instance paused", begin, System.nanoTime(), instance));
        }
    }

    /** Whether the instance's process stood still at that moment, or had until less than the healthy bound before. */
    boolean wasPaused(int instance, long moment) {
        for (Fault fault : faults) {
            if (fault.paused() == instance
                    && moment - fault.begin() >= 0
                    && moment - fault.end() < Phase.HEALTHY.bound.toNanos()) {
                return true;
            }
        }
        return false;
    }

    void add(Fault fault) {
        faults.add(fault);
    }

    /** Writes to these slots from a while before that moment up to it may be lost. */
    void mayLoseBefore(BitSet slots, long moment) {
        losses.add(new Loss(slots, moment - REPLICATION_LAG.toNanos(), moment));
    }

    void mayLose(BitSet slots, long from, long to) {
        losses.add(new Loss(slots, from, to));
    }

    List<Fault> faults() {
        return List.copyOf(faults);
    }

    Phase phase(long moment) {
        Phase phase = Phase.HEALTHY;
        for (Fault fault : faults) {
            if (moment - fault.begin() < 0) {
                continue;
            }
            if (moment - fault.end() <= 0) {
                return Phase.FAULT;
            }
            if (moment - fault.end() <= HEALING.toNanos()) {
                phase = Phase.HEALED;
            }
        }
        return phase;
    }

    /** Whether a failover may have undone a write of the stored key that was under way between these moments. */
    boolean mayBeLost(String storedKey, long start, long end) {
        if (losses.isEmpty()) {
            return false;
        }
        int slot = SlotHash.getSlot(storedKey);
        for (Loss loss : losses) {
            if (loss.slots().get(slot) && start - loss.to() <= 0 && loss.from() - end <= 0) {
                return true;
            }
        }
        return false;
    }
}
