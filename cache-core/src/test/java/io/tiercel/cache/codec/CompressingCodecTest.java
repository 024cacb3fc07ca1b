package io.tiercel.cache.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressingCodecTest {
    private static final byte AS_IT_IS = 0;
    private static final byte LZ4 = 1;

    private final Codec<byte[]> codec = Codec.compressing(Codec.bytes(), 100);

    private byte[] decode(byte[] stored) {
        return codec.decode(codec.id(), ByteBuffer.wrap(stored));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatever_is_written_is_read_again(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            byte[] value = compressible(random, random.nextInt(5_000));

            byte[] stored = codec.encode(value);

            assertThat(decode(stored)).isEqualTo(value);
            assertThat(stored.length).isLessThanOrEqualTo(value.length + 1);
        }
    }

    private static byte[] compressible(Random random, int length) {
        byte[] bytes = new byte[length];
        int letters = 1 + random.nextInt(256);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt(letters);
        }
        return bytes;
    }

    @Test
    void from_the_threshold_on_it_is_smaller_and_below_it_is_stored_as_it_is() {
        assertThat(codec.encode(new byte[100])).hasSizeLessThan(100).startsWith(LZ4);
        assertThat(codec.encode(new byte[99])).hasSize(100).startsWith(AS_IT_IS);
        assertThat(codec.encode(new byte[0])).containsExactly(AS_IT_IS);
    }

    @Test
    void what_does_not_get_smaller_is_stored_as_it_is() {
        byte[] noise = new byte[1_000];
        new Random(7).nextBytes(noise);

        assertThat(codec.encode(noise)).hasSize(1_001).startsWith(AS_IT_IS);
    }

    @Test
    void values_stored_before_compression_was_switched_on_stay_readable() {
        Codec<String> plain = Codec.utf8();
        Codec<String> packed = Codec.compressing(plain, 0);
        byte[] old = plain.encode("old");

        assertThat(packed.decodes(plain.id())).isTrue();
        assertThat(packed.decode(plain.id(), ByteBuffer.wrap(old))).isEqualTo("old");
        assertThat(plain.decodes(packed.id())).isFalse();
        assertThat(packed.id()).isNotEqualTo(plain.id());
    }

    @Test
    void compressing_twice_is_refused() {
        assertThatThrownBy(() -> Codec.compressing(codec)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 128, 256, 257})
    void a_codec_whose_id_leaves_no_room_is_refused(int id) {
        Codec<String> odd = new Codec<>() {
            @Override
            public int id() {
                return id;
            }

            @Override
            public byte[] encode(String value) {
                return new byte[0];
            }

            @Override
            public String decode(ByteBuffer payload) {
                return "";
            }
        };

        assertThatThrownBy(() -> Codec.compressing(odd)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_negative_threshold_is_refused() {
        assertThatThrownBy(() -> Codec.compressing(Codec.bytes(), -1)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Each claims far more than it brings; with 1 GB of heap for all tests, believing them would show. */
    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, (512 << 20) + 1, 512 << 20, 10_000, 100})
    void a_length_that_cannot_be_true_is_refused(int claimed) {
        byte[] bomb = ByteBuffer.allocate(9)
                .put(LZ4)
                .putInt(claimed)
                .put(new byte[] {0x10, 'a', 0, 0})
                .array();

        assertThatThrownBy(() -> decode(bomb)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void a_length_that_is_off_by_one_is_refused() {
        byte[] stored = codec.encode("x".repeat(500).getBytes(StandardCharsets.UTF_8));

        for (int length : new int[] {0, 1, 499, 501}) {
            byte[] lie = stored.clone();
            ByteBuffer.wrap(lie).putInt(1, length);
            assertThatThrownBy(() -> decode(lie)).as("length %d", length).isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void compressed_bytes_cut_at_any_place_are_refused() {
        byte[] stored = codec.encode("the same again and again, ".repeat(20).getBytes(StandardCharsets.UTF_8));
        assertThat(stored).startsWith(LZ4);

        for (int length = 0; length < stored.length; length++) {
            byte[] cut = Arrays.copyOf(stored, length);
            assertThatThrownBy(() -> decode(cut)).as("%d bytes", length).isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void bytes_behind_the_compressed_ones_are_refused() {
        byte[] stored = codec.encode(new byte[500]);

        assertThatThrownBy(() -> decode(Arrays.copyOf(stored, stored.length + 3)))
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void an_unknown_form_is_refused() {
        assertThatThrownBy(() -> decode(new byte[] {2, 1, 2, 3})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> decode(new byte[] {-1})).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void garbage_is_an_exception_or_a_bounded_value_and_never_an_error(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = new byte[1 + random.nextInt(60)];
            random.nextBytes(garbage);
            garbage[0] = LZ4;
            if (garbage.length > 5) {
                ByteBuffer.wrap(garbage).putInt(1, random.nextInt(300));
            }
            try {
                assertThat(decode(garbage).length).isLessThanOrEqualTo(300);
            } catch (RuntimeException e) {
                assertThat(e).isNotNull();
            }
        }
    }

    @Test
    void only_what_lies_between_position_and_limit_is_read() {
        byte[] value = new byte[300];
        byte[] stored = codec.encode(value);
        ByteBuffer inside = ByteBuffer.allocate(stored.length + 7).position(3);
        inside.put(stored).flip().position(3);

        assertThat(codec.decode(inside.slice())).isEqualTo(value);
        assertThat(codec.decode(inside.slice().asReadOnlyBuffer())).isEqualTo(value);
        assertThat(codec.decode(inside)).isEqualTo(value);
    }

    @Test
    void the_best_that_LZ4_can_do_is_believed() {
        byte[] zeros = new byte[10 << 20];

        byte[] stored = codec.encode(zeros);

        assertThat(stored.length).isLessThan(zeros.length / 200);
        assertThatCode(() -> decode(stored)).doesNotThrowAnyException();
    }
}
