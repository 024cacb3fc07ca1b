package io.tiercel.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlaceholderTest {
    @Test
    void no_two_are_the_same() {
        Set<ByteBuffer> all = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            byte[] one = Placeholder.next();
            assertThat(Placeholder.is(one)).isTrue();
            all.add(ByteBuffer.wrap(one));
        }

        assertThat(all).hasSize(10_000);
    }

    @Test
    void neither_a_frame_nor_anything_longer_or_shorter_is_one() {
        byte[] one = Placeholder.next();
        byte[] other = one.clone();
        other[0] = 'M';

        assertThat(Placeholder.is(other)).isFalse();
        for (int length = 0; length < 100; length++) {
            assertThat(Placeholder.is(Arrays.copyOf(one, length))).isEqualTo(length == one.length);
            byte[] frame = Frame.of("k", 1, 1, 1, 1, null, new byte[length]).bytes();
            assertThat(Placeholder.is(frame)).isFalse();
        }
        assertThat(Placeholder.is(Frame.of("k", 1, 1, 1, 1, null, null).bytes()))
                .isFalse();
    }
}
