package io.tiercel.cache.tier;

import org.jspecify.annotations.Nullable;

/**
 * A remote tier could not do what it was asked: it is unreachable, refused, or did not answer within its timeout.
 * After a timeout of a write nobody knows whether the store took it.
 */
public final class TierException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message names tier and operation, and holds neither key nor value nor password */
    public TierException(String message) {
        super(message);
    }

    /**
     * With what the client said.
     *
     * @param message names tier and operation, and holds neither key nor value nor password
     */
    public TierException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
