package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisKeysTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "user:42", "käse", "\uD83C\uDF5E bread"})
    void a_key_is_stored_as_utf8(String key) {
        assertThat(RedisKeys.bytes(key)).isEqualTo(key.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void lone_surrogates_are_told_apart() {
        assertThat(RedisKeys.bytes("\uD800")).isNotEqualTo(RedisKeys.bytes("\uD801"));
        assertThat(RedisKeys.bytes("a\uD800b")).isNotEqualTo(RedisKeys.bytes("a?b"));
        assertThat(RedisKeys.bytes("\uD83C")).hasSize(3);
    }

    @Test
    void every_key_is_found_again_by_its_bytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String pieces = "a:\u00e4\ud83c\udf5e\ud800\udfff\u20ac\ufffd\u0000\ud000\uffff{}";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder key = new StringBuilder();
            for (int length = random.nextInt(8); length > 0; length--) {
                key.append(pieces.charAt(random.nextInt(pieces.length())));
            }
            assertThat(RedisKeys.string(RedisKeys.bytes(key.toString())))
                    .as("seed %d", seed)
                    .isEqualTo(key.toString());
        }
    }

    @Test
    void bytes_that_no_key_has_are_no_key() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] pieces = {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80, (byte) 0xB0, (byte) 0xC3, (byte) 0xF0, (byte) 0xFF
        };
        assertThat(RedisKeys.string(new byte[] {(byte) 0xFF})).isNull();
        assertThat(RedisKeys.string(HexFormat.of().parseHex("eda080edb080"))).isNull(); // a pair, but not in UTF-8
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(8)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = pieces[random.nextInt(pieces.length)];
            }
            String key = RedisKeys.string(bytes);
            assertThat(key == null || Arrays.equals(RedisKeys.bytes(key), bytes))
                    .as("seed %d", seed)
                    .isTrue();
        }
    }

    @Test
    void a_ttl_is_whole_milliseconds_rounded_up() {
        assertThat(Commands.milliseconds(Duration.ofNanos(1))).isEqualTo(1);
        assertThat(Commands.milliseconds(Duration.ofMillis(5))).isEqualTo(5);
        assertThat(Commands.milliseconds(Duration.ofMillis(5).plusNanos(1))).isEqualTo(6);
        assertThat(Commands.milliseconds(Duration.ofSeconds(Long.MAX_VALUE)))
                .isEqualTo(Duration.ofDays(36_500).toMillis());
    }
}
