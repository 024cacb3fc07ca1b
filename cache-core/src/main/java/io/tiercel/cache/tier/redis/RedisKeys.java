package io.tiercel.cache.tier.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a key: UTF-8. A surrogate without its partner, for which the JDK would write a question mark, keeps its
 * own three bytes, so that two keys never become one.
 */
final class RedisKeys {
    private RedisKeys() {}

    static byte[] bytes(String key) {
        for (int i = 0; i < key.length(); i++) {
            if (Character.isSurrogate(key.charAt(i))) {
                return encode(key);
            }
        }
        return key.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The key that has those bytes, or null if none has: then somebody else made them.
     *
     * <p>The JDK's decoder puts U+FFFD for what it does not understand, so only where that occurs is more to do.
     */
    static @Nullable String string(byte[] bytes) {
        String decoded = new String(bytes, StandardCharsets.UTF_8);
        if (decoded.indexOf('\uFFFD') < 0) {
            return decoded;
        }
        String key = decode(bytes);
        return Arrays.equals(bytes(key), bytes) ? key : null;
    }

    /** Wrong for bytes that no key has. */
    private static String decode(byte[] bytes) {
        StringBuilder key = new StringBuilder(bytes.length);
        int from = 0;
        for (int i = 0; i + 2 < bytes.length; i++) {
            // 1110_1101 101x_xxxx is the beginning of a surrogate; in anything else these two bytes never meet.
            if ((bytes[i] & 0xFF) == 0xED && (bytes[i + 1] & 0xE0) == 0xA0) {
                key.append(new String(bytes, from, i - from, StandardCharsets.UTF_8));
                key.append((char) (0xD000 | ((bytes[i + 1] & 0x3F) << 6) | (bytes[i + 2] & 0x3F)));
                i += 2;
                from = i + 1;
            }
        }
        return key.append(new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8))
                .toString();
    }

    private static byte[] encode(String key) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(key.length() * 3);
        key.codePoints().forEach(c -> {
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                bytes.write(0xE0 | (c >> 12));
                bytes.write(0x80 | ((c >> 6) & 0x3F));
                bytes.write(0x80 | (c & 0x3F));
            } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }
}
