package io.tiercel.cache.codec;

import java.nio.ByteBuffer;

/** Bytes as they are. */
final class BytesCodec implements Codec<byte[]> {
    static final BytesCodec INSTANCE = new BytesCodec();

    private BytesCodec() {}

    @Override
    public int id() {
        return 2;
    }

    @Override
    public byte[] encode(byte[] value) {
        return value;
    }

    @Override
    public byte[] decode(ByteBuffer payload) {
        byte[] value = new byte[payload.remaining()];
        payload.get(value);
        return value;
    }
}
