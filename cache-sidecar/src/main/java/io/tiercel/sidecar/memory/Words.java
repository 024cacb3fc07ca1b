package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
}
