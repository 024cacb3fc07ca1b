package io.tiercel.sidecar.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A key in its space. Ordered by its hash, which a client cannot foretell, so that its place in SCAN says nothing. */
final class MemoryKey implements Comparable<MemoryKey> {
    /** Below 2^53, so that clients may hold a cursor in a double. */
    private static final int ORDER_BITS = 52;

    static final long MOST_ORDER = 1L << ORDER_BITS;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ODD_1 = 0x9E3779B97F4A7C15L;
    private static final long ODD_2 = 0xD6E8FEB86659FD93L;

    private final Space space;
    private final byte[] bytes;
    private final long hash;

    /** @param hash as {@link #hash(byte[], long)} finds */
    MemoryKey(Space space, byte[] bytes, long hash) {
        this.space = space;
        this.bytes = bytes;
        this.hash = hash;
    }

    /** Comes before any key of this order. */
    static MemoryKey beforeAll(Space space, long order) {
        return new MemoryKey(space, new byte[0], (order - 1) << (Long.SIZE - ORDER_BITS));
    }

    /** A hash of the bytes whose bits all depend on all of them and on the seed. */
    static long hash(byte[] bytes, long seed) {
        long hash = seed ^ (bytes.length * ODD_1);
        int i = 0;
        for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
            hash = mixed(hash ^ (long) WORDS.get(bytes, i));
        }
        long rest = 0;
        for (; i < bytes.length; i++) {
            rest = (rest << Byte.SIZE) | (bytes[i] & 0xFF);
        }
        return mixed(mixed(hash ^ rest) + seed);
    }

    private static long mixed(long value) {
        long mixed = value * ODD_1;
        mixed = (mixed ^ (mixed >>> 32)) * ODD_2;
        return mixed ^ (mixed >>> 29);
    }

    Space space() {
        return space;
    }

    byte[] bytes() {
        return bytes;
    }

    long hash() {
        return hash;
    }

    /** Its place in its space: from 1 to 2^52; two keys rarely share one. */
    long order() {
        return (hash >>> (Long.SIZE - ORDER_BITS)) + 1;
    }

    @Override
    public int compareTo(MemoryKey other) {
        int byOrder = Long.compare(order(), other.order());
        if (byOrder != 0) {
            return byOrder;
        }
        int byBytes = Arrays.compareUnsigned(bytes, other.bytes);
        return byBytes != 0 ? byBytes : Integer.compare(space.id(), other.space.id());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MemoryKey that
                && hash == that.hash
                && space == that.space
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash) + 31 * space.id();
    }

    @Override
    public String toString() {
        return "MemoryKey[space=" + space.id() + ", bytes=" + bytes.length + "]";
    }
}
