package io.tiercel.cache.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BytesCodecTest {
    @Test
    void bytes_come_back_as_a_copy_of_what_lies_between_position_and_limit() {
        byte[] stored = {9, 1, 2, 3, 9};

        byte[] value = Codec.bytes().decode(ByteBuffer.wrap(stored, 1, 3));
        stored[1] = 0;

        assertThat(value).containsExactly(1, 2, 3);
        assertThat(Codec.bytes().encode(value)).isEqualTo(value);
    }
}
