package io.tiercel.sidecar.coherence;

import java.util.ArrayList;
import java.util.List;

/**
 * What clients did and were told, in nanoseconds of the clock that all processes of a machine share. A version rises with
 * each write of a key, a removal is a version as well, and each key has one writer.
 */
final class History {
    /** What became of an operation. */
    enum Outcome {
        OK,
        NOTHING,
        FAILED
    }

    /**
     * A write or removal.
     *
     * @param outcome {@code FAILED} if nobody knows whether it was done
     */
    record Write(int key, int version, boolean removal, int sidecar, long start, long end, Outcome outcome) {}

    /**
     * A read.
     *
     * @param version what it found, 0 if nothing
     * @param connection which of all connections
     * @param atRest whether everything had healed and nobody wrote
     */
    record Read(
            int key, int version, int sidecar, int connection, long start, long end, Outcome outcome, boolean atRest) {}

    /**
     * A time in which a sidecar may be unable to ask Redis, or stands still itself.
     *
     * @param sidecar which, -1 for all
     */
    record Fault(String name, int sidecar, long begin, long end) {}

    private final List<Write> writes = new ArrayList<>();
    private final List<Read> reads = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();

    void add(Write write) {
        writes.add(write);
    }

    void add(Read read) {
        reads.add(read);
    }

    void add(Fault fault) {
        faults.add(fault);
    }

    void addAll(History other) {
        writes.addAll(other.writes);
        reads.addAll(other.reads);
        faults.addAll(other.faults);
    }

    List<Write> writes() {
        return writes;
    }

    List<Read> reads() {
        return reads;
    }

    List<Fault> faults() {
        return faults;
    }
}
