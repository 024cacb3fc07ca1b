package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.HotSet;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LocalCopies;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Hot keys with their values as one pod tells them to another: for each the length of the key (4 bytes, big-endian), the
 * key, how many milliseconds Redis will keep it (8 bytes, -1 for without end), the length of the value (4), the value.
 */
final class HotSetPage {
    private static final int LONGEST_KEY = 1 << 20;

    private HotSetPage() {}

    /** A key and its value. */
    static final class Value {
        private final Key key;
        private final byte[] bytes;
        private final long lifeMillis;

        Value(Key key, byte[] bytes, long lifeMillis) {
            this.key = key;
            this.bytes = bytes;
            this.lifeMillis = lifeMillis;
        }

        Key key() {
            return key;
        }

        byte[] bytes() {
            return bytes;
        }

        /** Negative for without end. */
        long lifeMillis() {
            return lifeMillis;
        }
    }

    /** All pages of this pod. */
    static HotSet of(RedisKeyspace redis, int mostKeys) {
        Iterator<Key> keys = redis.copies().hottest(mostKeys).iterator();
        return bytes -> {
            ByteArrayOutputStream page = new ByteArrayOutputStream();
            while (keys.hasNext() && page.size() < bytes) {
                Key key = keys.next();
                if (!RedisKeyspace.isReserved(key.bytes())) {
                    LocalCopies.Held held = redis.copies().held(key);
                    if (held != null) {
                        write(page, key.bytes(), held);
                    }
                }
            }
            return page.toByteArray();
        };
    }

    private static void write(ByteArrayOutputStream page, byte[] key, LocalCopies.Held held) {
        page.writeBytes(ByteBuffer.allocate(4).putInt(key.length).array());
        page.writeBytes(key);
        page.writeBytes(ByteBuffer.allocate(12)
                .putLong(held.lifeMillis())
                .putInt(held.value().length)
                .array());
        page.writeBytes(held.value());
    }

    /**
     * What a page holds.
     *
     * @throws IllegalArgumentException if it is no page
     */
    static List<Value> decode(byte[] page) {
        ByteBuffer in = ByteBuffer.wrap(page);
        List<Value> values = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] key = bytes(in, 1, LONGEST_KEY);
            if (in.remaining() < Long.BYTES) {
                throw new IllegalArgumentException("a page that is cut off");
            }
            long life = in.getLong();
            values.add(new Value(Key.of(key), bytes(in, 0, page.length), life));
        }
        return values;
    }

    private static byte[] bytes(ByteBuffer in, int least, int most) {
        int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (length < least || length > most || length > in.remaining()) {
            throw new IllegalArgumentException("a page with a length that cannot be");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
