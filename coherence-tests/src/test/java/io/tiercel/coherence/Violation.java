package io.tiercel.coherence;

import org.jspecify.annotations.Nullable;

/**
 * A read that was promised not to happen.
 *
 * @param missed the write or read that it should have seen, if there is one
 * @param ageNanos how long that was ago
 * @param afterFailedWrite whether the versions that it missed were only ever written by writes that failed, of which the
 *     application was told
 */
record Violation(
        Check check,
        FaultLog.Phase phase,
        Event read,
        @Nullable Event missed,
        long ageNanos,
        boolean afterFailedWrite) {}
