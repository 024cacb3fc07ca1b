package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/** Patterns of names with {@code *} and {@code ?}; one pass, so that many stars cost no more than one. */
final class Glob {
    private Glob() {}

    /** Whether a key matches. */
    static boolean matches(String pattern, byte[] key) {
        return matches(new String(pattern.getBytes(UTF_8), ISO_8859_1), new String(key, ISO_8859_1));
    }

    static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int from = 0;
        while (t < text.length()) {
            if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
                p++;
                t++;
            } else if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                from = t;
            } else if (star >= 0) {
                p = star + 1;
                t = ++from;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
