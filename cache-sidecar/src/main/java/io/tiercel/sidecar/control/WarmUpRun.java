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
     * A moment of a warm-up.
     *
     * @param planned how many keys it means to read as far as is known
     * @param read how many it has read
     * @param brought how many of these are now in memory
     * @param bytes bytes of these values
     * @param elapsedMillis since it began, until it ended
     * @param reason why it failed, else empty
     * @param state where it is in its life
     */
    record Progress(
            State state, long planned, long read, long brought, long bytes, long elapsedMillis, String reason) {}
}
