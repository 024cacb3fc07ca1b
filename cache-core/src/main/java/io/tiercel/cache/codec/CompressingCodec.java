package io.tiercel.cache.codec;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Factory;

/**
 * Another codec's bytes, compressed when that pays. Its id is the other's with the high bit set, so that readers tell
 * both forms apart and old, uncompressed entries stay readable.
 *
 * <p>Payload: one byte for the form (0 as it is, 1 LZ4 block), then for LZ4 the original length as four bytes, then the
 * data. The length is bounded before anything is allocated: stored bytes are not to be trusted.
 */
final class CompressingCodec<V> implements Codec<V> {
    static final int DEFAULT_THRESHOLD = 2_048;
    private static final int COMPRESSED = 0x80;
    private static final int LONGEST = 512 << 20;
    private static final byte AS_IT_IS = 0;
    private static final byte LZ4 = 1;
    private static final int LZ4_HEADER = 5;
    /** LZ4 cannot do better than this; a larger claim is a lie. */
    private static final int BEST_RATIO = 255;

    private final Codec<V> codec;
    private final int threshold;
    private final LZ4Factory lz4;

    private CompressingCodec(Codec<V> codec, int threshold, LZ4Factory lz4) {
        this.codec = codec;
        this.threshold = threshold;
        this.lz4 = lz4;
    }

    static <V> Codec<V> of(Codec<V> codec, int threshold) {
        requireNonNull(codec, "codec");
        if (threshold < 0) {
            throw new IllegalArgumentException("threshold must be zero or more bytes: " + threshold);
        }
        if (codec.id() < 1 || codec.id() >= COMPRESSED) {
            throw new IllegalArgumentException(
                    "codec must have an id from 1 to 127 and not compress already: " + codec.id());
        }
        try {
            return new CompressingCodec<>(codec, threshold, LZ4Factory.fastestInstance());
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException(
                    "compressing needs at.yawk.lz4:lz4-java on the class path: add it to your dependencies", e);
        }
    }

    @Override
    public int id() {
        return codec.id() | COMPRESSED;
    }

    @Override
    public boolean decodes(int codecId) {
        return codecId == id() || codec.decodes(codecId);
    }

    @Override
    public byte[] encode(V value) {
        byte[] plain = codec.encode(value);
        if (plain.length >= threshold && plain.length <= LONGEST) {
            byte[] packed = new byte[LZ4_HEADER + lz4.fastCompressor().maxCompressedLength(plain.length)];
            int length = LZ4_HEADER + lz4.fastCompressor().compress(plain, 0, plain.length, packed, LZ4_HEADER);
            if (length < plain.length + 1) {
                ByteBuffer.wrap(packed).put(LZ4).putInt(plain.length);
                return Arrays.copyOf(packed, length);
            }
        }
        return ByteBuffer.allocate(1 + plain.length).put(AS_IT_IS).put(plain).array();
    }

    @Override
    public V decode(ByteBuffer payload) {
        byte form = payload.get();
        if (form == AS_IT_IS) {
            return codec.decode(payload.slice());
        }
        if (form != LZ4) {
            throw new IllegalArgumentException("unknown form of compression: " + form);
        }
        int length = payload.getInt();
        if (length < 0 || length > LONGEST || length > (long) payload.remaining() * BEST_RATIO) {
            throw new IllegalArgumentException("implausible length of compressed data: " + length);
        }
        ByteBuffer plain = ByteBuffer.allocate(length);
        int found =
                lz4.safeDecompressor().decompress(payload, payload.position(), payload.remaining(), plain, 0, length);
        if (found != length) {
            throw new IllegalArgumentException("compressed data of another length than it says");
        }
        return codec.decode(plain);
    }

    @Override
    public V decode(int codecId, ByteBuffer payload) {
        return codecId == id() ? decode(payload) : codec.decode(codecId, payload);
    }
}
