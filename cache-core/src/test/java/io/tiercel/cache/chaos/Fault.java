package io.tiercel.cache.chaos;

import io.tiercel.cache.tier.TierException;
import java.util.function.Predicate;

/** What a {@link FaultyTier} can do wrong, beside being late. */
public enum Fault {
    /** Fails with a {@link TierException} and does nothing, as a store that refuses. */
    ERROR(operation -> true),
    /** Does what it was asked and fails with a {@link TierException}, as a store whose answer was lost on the way. */
    LOST_ANSWER(operation -> true),
    /** Throws a {@link TierException} at the caller instead of a failed future, which a tier must not. */
    THROW(operation -> true),
    /**
     * Never answers, which a tier must not: its futures have to end by themselves. What hangs is done when the fault is
     * healed, as by a server that was stopped and goes on.
     */
    HANG(operation -> true),
    /** Flips one bit of a value that is read. */
    BIT_FLIP(Operation::answersBytes),
    /** Cuts a value that is read short, at worst to nothing. */
    TRUNCATION(Operation::answersBytes),
    /** Answers with a value that was read or written lately under another key, as a connection that lost count does. */
    OTHER_VALUE(Operation::answersBytes),
    /** Fails single elements of a bulk operation, which are then not done; each has the same chance to be hit. */
    FAILED_ELEMENTS(Operation::isBulk),
    /** Does what it was asked and answers with fewer outcomes than elements, which a tier must not. */
    TOO_FEW_OUTCOMES(Operation::isBulk);

    private final Predicate<Operation> possible;

    Fault(Predicate<Operation> possible) {
        this.possible = possible;
    }

    /** Whether it can happen to that operation: only what answers with bytes can answer with wrong ones. */
    public boolean isPossible(Operation operation) {
        return possible.test(operation);
    }
}
