package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/** Names of commands and options, which come in any case. */
final class Words {
    private static final int LONGEST = 64;

    private Words() {}

    static boolean same(byte[] word, String upperCase) {
        if (word.length != upperCase.length()) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if (upperCase(word[i]) != upperCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The word in capitals, or nothing if it is longer than any name. */
    static String upperCase(byte[] word) {
        if (word.length > LONGEST) {
            return "";
        }
        byte[] upperCase = new byte[word.length];
        for (int i = 0; i < word.length; i++) {
            upperCase[i] = upperCase(word[i]);
        }
        return new String(upperCase, ISO_8859_1);
    }

    private static byte upperCase(byte b) {
        return b >= 'a' && b <= 'z' ? (byte) (b - 'a' + 'A') : b;
    }

    static byte[] bytes(String ascii) {
        return ascii.getBytes(ISO_8859_1);
    }

    /** An argument as an error quotes it: at most so many bytes, and none from a NUL on, as C prints it. */
    static String quoted(byte[] argument, int most) {
        int length = 0;
        while (length < argument.length && length < most && argument[length] != 0) {
            length++;
        }
        return new String(argument, 0, length, UTF_8);
    }
}
