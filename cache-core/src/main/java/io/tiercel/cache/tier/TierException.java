package io.tiercel.cache.tier;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A remote tier could not do what it was asked: it is unreachable, refused, or did not answer within its timeout.
 * After a timeout of a write nobody knows whether the store took it.
 */
public final class TierException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What a failure says about the node that was asked, which is what a circuit breaker has to know. */
    public enum Kind {
        /** It cannot be reached, or says that it serves nobody at the moment. */
        UNAVAILABLE,
        /** It did not answer in time. */
        TIMEOUT,
        /** It answered, and does not do this; others of its operations go on: its memory is full, say. */
        REFUSED,
        /** The operation did not leave this process, as too many others wait: nothing is known of the node. */
        CROWDED
    }

    /**
     * Of the kind {@link Kind#UNAVAILABLE}.
     *
     * @param message names tier and operation, and holds neither key nor value nor password
     */
    public TierException(String message) {
        this(message, (Throwable) null);
    }

    /**
     * With what the client said; of the kind {@link Kind#UNAVAILABLE}.
     *
     * @param message names tier and operation, and holds neither key nor value nor password
     */
    public TierException(String message, @Nullable Throwable cause) {
        this(Kind.UNAVAILABLE, message, cause);
    }

    /**
     * Of that kind.
     *
     * @param message names tier and operation, and holds neither key nor value nor password
     */
    public TierException(Kind kind, String message) {
        this(kind, message, null);
    }

    /**
     * Of that kind, with what the client said.
     *
     * @param message names tier and operation, and holds neither key nor value nor password
     */
    public TierException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = requireNonNull(kind, "kind");
    }

    /** What it says about the node that was asked. */
    public Kind kind() {
        return kind;
    }
}
