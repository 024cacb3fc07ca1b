package io.tiercel.examples.demo;

import java.io.IOException;

/** A trace that cannot be read, in words that name the file and what is wrong with it. */
final class TraceException extends IOException {
    private static final long serialVersionUID = 1;

    TraceException(String message) {
        super(message);
    }

    TraceException(String message, Throwable cause) {
        super(message, cause);
    }
}
