package io.tiercel.sidecar.resp;

import java.io.Serial;

/**
 * The client sent what is no request, or more than it may. There is no way to find the next request in what follows, so
 * the connection ends: answer {@link #reply} once, after the replies that are still owed, and close.
 *
 * <p>It has no stack trace, as whoever sends garbage would have it filled in for each.
 */
public final class RespProtocolException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    RespProtocolException(String what) {
        super("Protocol error: " + what, null, false, false);
    }

    /** The text of the one error reply, for {@link Reply#error}: {@code ERR Protocol error: …}, as Redis words it. */
    public String reply() {
        return "ERR " + getMessage();
    }
}
