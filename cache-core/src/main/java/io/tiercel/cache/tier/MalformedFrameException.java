package io.tiercel.cache.tier;

/** Stored bytes are not a frame of the key that was asked for. Carries no stack trace: it is a kind of answer. */
public final class MalformedFrameException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param reason what was found and what was expected, without the bytes */
    public MalformedFrameException(String reason) {
        super(reason, null, false, false);
    }
}
