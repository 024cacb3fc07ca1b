package io.tiercel.cache.chaos;

import io.tiercel.cache.tier.TierException;

/** What a {@link FaultyTier} can do wrong, beside being late. */
public enum Fault {
    /** Fails with a {@link TierException} and does nothing, as a store that refuses. */
    ERROR(Hits.CALLS),
    /** Does what it was asked and fails with a {@link TierException}, as a store whose answer was lost on the way. */
    LOST_ANSWER(Hits.CALLS),
    /** Throws a {@link TierException} at the caller instead of a failed future, which a tier must not. */
    THROW(Hits.CALLS),
    /**
     * Never answers, which a tier must not: its futures have to end by themselves. What hangs is done when the fault is
     * healed, as by a server that was stopped and goes on.
     */
    HANG(Hits.CALLS),
    /** Flips one bit of a value that is read. */
    BIT_FLIP(Hits.VALUES),
    /** Cuts a value that is read short, at worst to nothing. */
    TRUNCATION(Hits.VALUES),
    /** Answers with a value that was read or written lately under another key, as a connection that lost count does. */
    OTHER_VALUE(Hits.VALUES),
    /** Fails single elements of a bulk operation, which are then not done; each has the same chance to be hit. */
    FAILED_ELEMENTS(Hits.ELEMENTS),
    /** Does what it was asked and answers with fewer outcomes than elements, which a tier must not. */
    TOO_FEW_OUTCOMES(Hits.ELEMENTS);

    private enum Hits {
        CALLS,
        VALUES,
        ELEMENTS
    }

    private final Hits hits;

    Fault(Hits hits) {
        this.hits = hits;
    }

    /** Whether it can happen to that operation: only what answers with bytes can answer with wrong ones. */
    public boolean isPossible(Operation operation) {
        return switch (hits) {
            case CALLS -> true;
            case VALUES -> operation.answersBytes();
            case ELEMENTS -> operation.isBulk();
        };
    }
}
