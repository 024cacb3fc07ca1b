package io.tiercel.examples.demo;

import io.tiercel.cache.codec.Codec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Rows as text: the key, a line feed, the row's text. */
final class RowCodec implements Codec<Row> {
    @Override
    public int id() {
        return 40;
    }

    @Override
    public byte[] encode(Row row) {
        return (row.key() + '\n' + row.text()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Row decode(ByteBuffer payload) {
        String stored = StandardCharsets.UTF_8.decode(payload).toString();
        int end = stored.indexOf('\n');
        if (end < 0) {
            throw new IllegalArgumentException("not a row: no line feed after the key");
        }
        return Row.of(stored.substring(0, end), stored.substring(end + 1));
    }
}
