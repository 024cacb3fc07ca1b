package io.tiercel.cache;

import java.time.Duration;

/**
 * What a warm-up brought.
 *
 * @param outcome why it ended
 * @param offered keys that the source named
 * @param asked keys that were looked up
 * @param installed entries put into L1
 * @param absent keys that no tier had fresh
 * @param failed keys whose tiers did not answer
 * @param refused keys that were written or invalidated meanwhile and so not installed
 * @param bytes bytes fetched
 * @param elapsed time taken
 */
public record WarmUpReport(
        Outcome outcome,
        int offered,
        int asked,
        int installed,
        int absent,
        int failed,
        int refused,
        long bytes,
        Duration elapsed) {

    /** Why a warm-up ended. */
    public enum Outcome {
        /** Every key of the source was looked up. */
        COMPLETE,
        /** L1 is full; what came after would have pushed out what is hotter. */
        LOCAL_LIMIT,
        /** {@link WarmUpOptions#maximumKeys()} were looked up. */
        KEY_LIMIT,
        /** {@link WarmUpOptions#maximumBytes()} were fetched. */
        BYTE_LIMIT,
        /** {@link WarmUpOptions#timeLimit()} was over. */
        TIME_LIMIT,
        /** The thread was interrupted; its interrupt flag is set. What had been fetched is installed. */
        INTERRUPTED
    }
}
