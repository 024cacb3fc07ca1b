package io.tiercel.sidecar.memory;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.StampedLock;

/**
 * What makes one step of several. Each key belongs to one stripe by its hash. Who writes one key holds its stripe; who
 * writes several holds the stripes of all of them, taken in order, so that nobody waits in a circle.
 *
 * <p>Who reads one key takes nothing: it finds the entry before a write or behind it. Only while several keys are written
 * may it have seen the first of them done before the last, so it looks <em>after</em> its read whether that is going on
 * ({@link #isWrittenJointly}), and if so reads again behind it. Who reads several keys reads first and checks after that
 * nobody wrote meanwhile, and only if somebody did takes the stripes, shared.
 *
 * <p>Nothing slow is done under a stripe. Not reentrant. Safe for use by any thread.
 */
final class Stripes {
    static final int COUNT = 256;

    private final StampedLock[] locks = new StampedLock[COUNT];
    private final AtomicIntegerArray joint = new AtomicIntegerArray(COUNT);

    Stripes() {
        for (int i = 0; i < COUNT; i++) {
            locks[i] = new StampedLock();
        }
    }

    static int of(long hash) {
        return (int) hash & (COUNT - 1);
    }

    /** A writer of one key of this stripe, alone until it calls {@link StampedLock#unlockWrite}. */
    StampedLock lock(int stripe) {
        return locks[stripe];
    }

    /** Whether somebody writes several keys and one of this stripe among them. */
    boolean isWrittenJointly(int stripe) {
        return joint.get(stripe) != 0;
    }

    /** Runs a step that writes keys of all these stripes, alone in them. */
    void writing(BitSet stripes, Runnable step) {
        long[] stamps = new long[stripes.cardinality()];
        int locked = 0;
        for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
            stamps[locked++] = locks[i].writeLock();
            joint.set(i, 1);
        }
        try {
            step.run();
        } finally {
            locked = 0;
            for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
                joint.set(i, 0);
                locks[i].unlockWrite(stamps[locked++]);
            }
        }
    }

    /** Runs a step that reads keys of all these stripes, while nobody writes in them. */
    void reading(BitSet stripes, Runnable step) {
        long[] stamps = new long[stripes.cardinality()];
        int locked = 0;
        for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
            stamps[locked++] = locks[i].readLock();
        }
        try {
            step.run();
        } finally {
            locked = 0;
            for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
                locks[i].unlockRead(stamps[locked++]);
            }
        }
    }

    /**
     * Runs a step that reads keys of all these stripes without taking them.
     *
     * @return whether nobody wrote in them meanwhile; else what it read must not be used
     */
    boolean readUndisturbed(BitSet stripes, Runnable step) {
        long[] stamps = new long[stripes.cardinality()];
        int seen = 0;
        for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
            stamps[seen] = locks[i].tryOptimisticRead();
            if (stamps[seen++] == 0) {
                return false;
            }
        }
        step.run();
        seen = 0;
        for (int i = stripes.nextSetBit(0); i >= 0; i = stripes.nextSetBit(i + 1)) {
            if (!locks[i].validate(stamps[seen++])) {
                return false;
            }
        }
        return true;
    }
}
