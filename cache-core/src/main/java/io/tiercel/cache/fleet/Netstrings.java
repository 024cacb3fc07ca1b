package io.tiercel.cache.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Several strings as one: each as its length in bytes of UTF-8, a colon, and itself. A Lua script makes and reads it in a
 * line.
 */
final class Netstrings {
    private static final int MOST = 100_000;

    private Netstrings() {}

    static String join(Collection<String> parts) {
        StringBuilder joined = new StringBuilder();
        parts.forEach(
                part -> joined.append(part.getBytes(UTF_8).length).append(':').append(part));
        return joined.toString();
    }

    /** @throws IllegalArgumentException if it was not made so */
    static List<String> split(String joined) {
        byte[] bytes = joined.getBytes(UTF_8);
        List<String> parts = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            long length = 0;
            int digits = 0;
            while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && digits < 9) {
                length = length * 10 + bytes[at++] - '0';
                digits++;
            }
            if (digits == 0 || at == bytes.length || bytes[at] != ':' || length > bytes.length - at - 1) {
                throw new IllegalArgumentException("not a list of strings with their lengths, at byte " + at);
            }
            if (parts.size() == MOST) {
                throw new IllegalArgumentException("a list of more than " + MOST + " strings");
            }
            at++;
            parts.add(new String(bytes, at, (int) length, UTF_8));
            at += (int) length;
        }
        return parts;
    }
}
