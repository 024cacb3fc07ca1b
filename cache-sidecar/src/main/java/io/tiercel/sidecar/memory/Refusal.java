package io.tiercel.sidecar.memory;

import java.io.Serial;

/** The error that a command is answered with. Without a stack trace: what clients send wrong is no fault of ours. */
final class Refusal extends RuntimeException {
    static final String SYNTAX = "ERR syntax error";
    static final String NOT_INTEGER = "ERR value is not an integer or out of range";
    static final String NOT_FLOAT = "ERR value is not a valid float";
    static final String OFFSET = "ERR offset is out of range";
    static final String TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    static final String DATABASE = "ERR DB index is out of range";
    static final String NO_SUCH_KEY = "ERR no such key";
    static final String SAME_OBJECT = "ERR source and destination objects are the same";

    @Serial
    private static final long serialVersionUID = 1;

    private final String text;

    /** @param text beginning with its code, as in {@code ERR syntax error} */
    Refusal(String text) {
        super(text, null, false, false);
        this.text = text;
    }

    static Refusal arity(String command) {
        return new Refusal("ERR wrong number of arguments for '" + command + "' command");
    }

    static Refusal expireTime(String command) {
        return new Refusal("ERR invalid expire time in '" + command + "' command");
    }

    String text() {
        return text;
    }
}
