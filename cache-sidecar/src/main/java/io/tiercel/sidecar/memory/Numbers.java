package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;

/** Integers as Redis reads and writes them: no sign but a minus, no leading zeros, no spaces. */
final class Numbers {
    private static final int MOST_DIGITS = 19;
    private static final byte[] LEAST = bytes(Long.MIN_VALUE);

    private Numbers() {}

    static boolean isInteger(byte[] text) {
        if (Arrays.equals(text, LEAST)) {
            return true;
        }
        int start = text.length > 0 && text[0] == '-' ? 1 : 0;
        int digits = text.length - start;
        if (digits < 1 || digits > MOST_DIGITS || (text[start] == '0' && text.length != 1)) {
            return false;
        }
        long value = 0;
        for (int i = start; i < text.length; i++) {
            if (text[i] < '0' || text[i] > '9') {
                return false;
            }
            value = value * 10 + (text[i] - '0');
        }
        // With 19 digits it does not overflow by more than once, into the negative.
        return value >= 0;
    }

    /** @throws Refusal if it is no integer of 64 bits */
    static long integer(byte[] text) {
        return integer(text, Refusal.NOT_INTEGER);
    }

    /** @throws Refusal with these words if it is no integer of 64 bits */
    static long integer(byte[] text, String refusal) {
        if (!isInteger(text)) {
            throw new Refusal(refusal);
        }
        return Long.parseLong(new String(text, ISO_8859_1));
    }

    /** @throws Refusal if it is no integer of 32 bits */
    static int int32(byte[] text) {
        long value = integer(text);
        if (value != (int) value) {
            throw new Refusal(
                    "ERR value is out of range, value must between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    static byte[] bytes(long number) {
        return Long.toString(number).getBytes(ISO_8859_1);
    }
}
