package io.tiercel.sidecar;

/** The sidecar could not start. The message is for who started it: what failed, and what to do about it. */
public final class StartException extends Exception {
    /** With what to do about it. */
    public StartException(String message) {
        super(message);
    }

    /** With what to do about it, and what failed. */
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
