package io.tiercel.cache.tier.memcached;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The key under which Memcached stores a value. It takes 250 bytes without spaces and control characters; a key that is
 * longer, or has other characters than the usual ones, is replaced by a prefix and 128 bits of its SHA-256. A key that
 * begins with the prefix is replaced as well, so that nobody can write a key that meets another one's replacement.
 */
final class MemcachedKeys {
    private static final String PREFIX = "h:";
    private static final int LONGEST = 200;
    private static final int HASH_BYTES = 16;

    private MemcachedKeys() {}

    static String map(String key) {
        return isPlain(key) ? key : PREFIX + hash(key);
    }

    private static boolean isPlain(String key) {
        if (key.isEmpty() || key.length() > LONGEST || key.startsWith(PREFIX)) {
            return false;
        }
        for (int i = 0; i < key.length(); i++) {
            if (!isPlain(key.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '.'
                || c == ':'
                || c == '-';
    }

    /** Of the chars as they are: an encoder would write one replacement for each surrogate without partner. */
    private static String hash(String key) {
        ByteBuffer chars = ByteBuffer.allocate(key.length() * Character.BYTES);
        chars.asCharBuffer().put(key);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(chars.array());
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, HASH_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
