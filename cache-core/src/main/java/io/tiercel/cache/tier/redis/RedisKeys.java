package io.tiercel.cache.tier.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

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
