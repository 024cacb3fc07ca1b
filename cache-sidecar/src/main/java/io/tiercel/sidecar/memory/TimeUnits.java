package io.tiercel.sidecar.memory;

/** In what a client says when a key ends; kept in milliseconds since 1970. */
enum TimeUnits {
    SECONDS(1_000),
    MILLISECONDS(1);

    private final long millis;

    TimeUnits(long millis) {
        this.millis = millis;
    }

    /**
     * The end of a key that is set together with its value, which must be after 1970.
     *
     * @param base added to it: now, or 0 if the client names a time
     * @param command in small letters, for the error
     * @throws Refusal if it is no number, not positive or too large
     */
    long positive(byte[] argument, long base, String command) {
        long number = Numbers.integer(argument);
        if (number <= 0) {
            throw Refusal.expireTime(command);
        }
        return end(number, base, command);
    }

    /**
     * The end of a key that is there already, which may have passed.
     *
     * @param base added to it: now, or 0 if the client names a time
     * @param command in small letters, for the error
     * @throws Refusal if it is no number or too large
     */
    long any(byte[] argument, long base, String command) {
        return end(Numbers.integer(argument), base, command);
    }

    private long end(long number, long base, String command) {
        if (number > Long.MAX_VALUE / millis || number < Long.MIN_VALUE / millis) {
            throw Refusal.expireTime(command);
        }
        long length = number * millis;
        if (length > Long.MAX_VALUE - base) {
            throw Refusal.expireTime(command);
        }
        return length + base;
    }

    /** Of a time in milliseconds, half a unit being rounded up. */
    long rounded(long time) {
        return millis == 1 ? time : time / millis + (time % millis >= millis / 2 ? 1 : 0);
    }
}
