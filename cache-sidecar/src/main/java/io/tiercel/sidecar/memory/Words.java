package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;

/** Names of commands and options, which come in any case. */
final class Words {
    private Words() {}

    static boolean same(byte[] word, String upperCase) {
        if (word.length != upperCase.length()) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            byte b = word[i];
            int upper = b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b;
            if (upper != upperCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static String upperCase(byte[] word) {
        return new String(word, ISO_8859_1).toUpperCase(Locale.ROOT);
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
