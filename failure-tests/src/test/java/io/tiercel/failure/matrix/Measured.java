package io.tiercel.failure.matrix;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a row was seen to do.
 *
 * @param reads how many there were in the fault and after it
 * @param readErrors of all reads of the row, by kind
 * @param healthy reads that miss L1, before the fault
 * @param first reads that miss L1, in the first second of the fault
 * @param later the same, after that
 * @param hot reads of what L1 holds, in the fault
 * @param oldestNanos the largest age of an answer, fault and recovery
 * @param monotonic reads of something older than what was read before
 * @param foreign values that were written for another key
 * @param puts of the fault
 * @param removals of the fault
 * @param writeErrors of all writes of the row, by kind
 * @param loads of the fault
 * @param serversNanos what the servers needed to be well again after the fault had been lifted
 * @param recoveryNanos from then until everything was as before; -1 if it was not
 * @param missing what was not yet as before when that was given up
 * @param broken what else was not kept
 * @param hung threads whose operation did not end
 * @param remarks what else there is to say
 */
record Measured(
        long reads,
        Map<String, Integer> readErrors,
        Latency healthy,
        Latency first,
        Latency later,
        Latency hot,
        long oldestNanos,
        long monotonic,
        long foreign,
        Writes puts,
        Writes removals,
        Map<String, Integer> writeErrors,
        long loads,
        long serversNanos,
        long recoveryNanos,
        @Nullable String missing,
        List<String> broken,
        List<String> hung,
        List<String> remarks) {
    /** How many were accepted and how many failed. */
    record Writes(long accepted, long failed) {
        static final Writes NONE = new Writes(0, 0);
    }

    private static final Latency NOTHING = new Latency(0, 0, 0, 0);

    /** Of a row that is not about time. */
    static Measured of(
            long reads, Map<String, Integer> readErrors, long loads, List<String> broken, List<String> remarks) {
        return new Measured(
                reads,
                readErrors,
                NOTHING,
                NOTHING,
                NOTHING,
                NOTHING,
                0,
                0,
                0,
                Writes.NONE,
                Writes.NONE,
                Map.of(),
                loads,
                0,
                0,
                null,
                broken,
                List.of(),
                remarks);
    }

    /** The same with these latencies. */
    Measured with(Latency firstReads, long oldest) {
        return new Measured(
                reads,
                readErrors,
                healthy,
                firstReads,
                later,
                hot,
                oldest,
                monotonic,
                foreign,
                puts,
                removals,
                writeErrors,
                loads,
                serversNanos,
                recoveryNanos,
                missing,
                broken,
                hung,
                remarks);
    }

    long failedReads() {
        return readErrors.values().stream().mapToInt(Integer::intValue).sum();
    }
}
