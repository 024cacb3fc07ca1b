package io.tiercel.sidecar.control;

import java.util.concurrent.CompletionStage;

/** A warm-up under way or ended. Thread-safe. */
public interface WarmUpRun {
    /** How far it is. */
    Progress progress();

    /** Ends it soon; what was brought stays. Does nothing to one that has ended. */
    void cancel();

    /** Completes, always normally, when it has ended in whatever way. */
    CompletionStage<Progress> ended();

    /** Where a warm-up is in its life. */
    enum State {
        /** Under way. */
        RUNNING,
        /** All that was planned has been read. */
        DONE,
        /** Time, bytes or keys were used up first: what there was room for has been brought. */
        OUT_OF_BUDGET,
        /** Somebody ended it; what was brought stays. */
        CANCELLED,
        /** It could not go on; see the reason. */
        FAILED
    }

    /**
     * Keys that were left out, by why.
     *
     * @param ending Redis will have ended them soon
     * @param large their values are too large
     * @param gone Redis holds no such string
     * @param changed they were changed while they were read
     */
    record Skipped(long ending, long large, long gone, long changed) {
        /** Nothing was left out. */
        public static final Skipped NONE = new Skipped(0, 0, 0, 0);
    }

    /**
     * A moment of a warm-up.
     *
     * @param state where it is in its life
     * @param source where values come from, such as {@code l2}
     * @param planned how many keys it means to read as far as is known
     * @param read how many it has read
     * @param brought how many of these are now in memory
     * @param bytes bytes of these values
     * @param weight what share of the fleet's hot weight is in memory, from 0 to 1; 1 if there is nothing hot
     * @param predictedHitRatio what share of reads memory should answer now, from 0 to 1; NaN if nobody knows
     * @param keysPerSecond how many keys it reads a second as a whole so far
     * @param etaMillis how long it still takes at that rate; 0 at the end, -1 if unknown
     * @param elapsedMillis since it began, until it ended
     * @param skipped what was left out
     * @param errors reads that failed
     * @param reason why it failed or had nothing to do, else empty
     */
    record Progress(
            State state,
            String source,
            long planned,
            long read,
            long brought,
            long bytes,
            double weight,
            double predictedHitRatio,
            double keysPerSecond,
            long etaMillis,
            long elapsedMillis,
            Skipped skipped,
            long errors,
            String reason) {}
}
