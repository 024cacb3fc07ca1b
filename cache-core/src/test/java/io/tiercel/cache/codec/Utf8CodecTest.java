package io.tiercel.cache.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8CodecTest {
    private final Codec<String> codec = Codec.utf8();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void any_string_without_lone_surrogates_comes_back(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            String value = random.ints(random.nextInt(40), 0, random.nextBoolean() ? 0x80 : 0x11_0000)
                    .filter(c -> c < 0xD800 || c > 0xDFFF)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();

            assertThat(codec.decode(ByteBuffer.wrap(codec.encode(value)))).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0xD800, 0xDBFF, 0xDC00, 0xDFFF})
    void a_lone_surrogate_is_refused_wherever_it_stands(int surrogate) {
        String lone = String.valueOf((char) surrogate);
        for (String value :
                new String[] {lone, "a" + lone, lone + "a", "é" + lone, lone + "?", "😀" + lone, lone + "é"}) {
            assertThatThrownBy(() -> codec.encode(value)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void surrogates_in_the_wrong_order_are_refused() {
        assertThatThrownBy(() -> codec.encode("\uDE00\uD83D")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_question_mark_is_just_that() {
        assertThat(codec.decode(ByteBuffer.wrap(codec.encode("why? é?")))).isEqualTo("why? é?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "C3", "C328", "E282", "EDA080", "F08080AF", "F4908080", "FF", "61C0AF", "C080"})
    void malformed_UTF_8_is_refused(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);

        assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(bytes))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_character_cut_in_two_is_refused() {
        byte[] whole = "x€y".getBytes(StandardCharsets.UTF_8);

        for (int length = 2; length < 4; length++) {
            ByteBuffer cut = ByteBuffer.wrap(whole, 0, length);
            assertThatThrownBy(() -> codec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void only_what_lies_between_position_and_limit_is_read() {
        byte[] bytes = "..value..".getBytes(StandardCharsets.UTF_8);

        assertThat(codec.decode(ByteBuffer.wrap(bytes, 2, 5))).isEqualTo("value");
        assertThat(codec.decode(ByteBuffer.wrap(bytes, 2, 5).asReadOnlyBuffer()))
                .isEqualTo("value");
    }
}
