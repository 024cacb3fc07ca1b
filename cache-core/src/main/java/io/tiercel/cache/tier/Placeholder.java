package io.tiercel.cache.tier;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The bytes that stand under a key while somebody loads its value: whoever put them there has the lease, and may replace
 * them by the value only if they are still there. So any write, removal, eviction or expiry of the key, by whomever,
 * ends the lease without knowing of it. After Nishtala et al., "Scaling Memcache at Facebook" (NSDI 2013), section 3.2.1,
 * with the placeholder in the key's own place.
 *
 * <p>17 bytes: {@code 'L'}, then 16 that no other lease has.
 */
public final class Placeholder {
    private static final byte MARK = 'L';
    private static final int LENGTH = 17;

    private Placeholder() {}

    /** A placeholder unlike any other. */
    public static byte[] next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return ByteBuffer.allocate(LENGTH)
                .put(MARK)
                .putLong(random.nextLong())
                .putLong(random.nextLong())
                .array();
    }

    /** Whether the stored bytes are one; a {@link Frame} never is. */
    public static boolean is(byte[] bytes) {
        return bytes.length == LENGTH && bytes[0] == MARK;
    }
}
