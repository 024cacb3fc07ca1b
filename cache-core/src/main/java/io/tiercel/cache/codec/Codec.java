package io.tiercel.cache.codec;

import java.nio.ByteBuffer;

/**
 * Between a value and the bytes that remote tiers store. Each stored value carries the id of the codec that wrote it,
 * so that one that was written by another codec is a miss and not a wrong value.
 *
 * <p>Implementations are thread-safe. They run on the caller's thread or the cache's executor, never on a thread of a
 * store's client. What they throw in {@link #decode} is a counted miss; what they throw in {@link #encode} reaches
 * whoever wrote the value.
 *
 * @param <V> the value
 */
public interface Codec<V> {
    /**
     * Tells this format from others in stored bytes, from 1 to 127. 1 to 31 are this library's; take 32 or more for
     * your own, and a new one when the format changes in a way that the old code cannot read.
     */
    int id();

    /** The bytes of a value; a new array that nobody changes afterwards. */
    byte[] encode(V value);

    /**
     * The value in the bytes between the buffer's position and its limit.
     *
     * @param payload read-only in spirit: its bytes may be in use elsewhere, and must not be kept without copying
     * @throws RuntimeException if the bytes are not a value
     */
    V decode(ByteBuffer payload);

    /** Whether this codec can read what the codec with that id wrote; usually only its own. */
    default boolean decodes(int codecId) {
        return codecId == id();
    }

    /** As {@link #decode(ByteBuffer)}, of bytes that the codec with that id wrote. */
    default V decode(int codecId, ByteBuffer payload) {
        return decode(payload);
    }

    /** Strings as UTF-8. Id 1. */
    static Codec<String> utf8() {
        return Utf8Codec.INSTANCE;
    }

    /** Bytes as they are. L1 hands out the array that was put: treat it as immutable. Id 2. */
    static Codec<byte[]> bytes() {
        return BytesCodec.INSTANCE;
    }

    /**
     * Compresses with LZ4 what takes 2,048 bytes or more, where that makes it smaller. Needs
     * {@code at.yawk.lz4:lz4-java} on the class path.
     *
     * @see #compressing(Codec, int)
     */
    static <V> Codec<V> compressing(Codec<V> codec) {
        return compressing(codec, CompressingCodec.DEFAULT_THRESHOLD);
    }

    /**
     * Compresses with LZ4 what takes {@code threshold} bytes or more, where that makes it smaller. Values that were
     * stored before compression was switched on stay readable.
     *
     * @param threshold in bytes, zero or more
     * @throws IllegalStateException if {@code at.yawk.lz4:lz4-java} is not on the class path
     */
    static <V> Codec<V> compressing(Codec<V> codec, int threshold) {
        return CompressingCodec.of(codec, threshold);
    }
}
