package io.tiercel.embedded;

import org.jspecify.annotations.Nullable;

/** A server could not be found, started or made ready. The message holds the end of its log, and where that log is kept. */
public final class ServerStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ServerStartException(String message) {
        this(message, null);
    }

    ServerStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
