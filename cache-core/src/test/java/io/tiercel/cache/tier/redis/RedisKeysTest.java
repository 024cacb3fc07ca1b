package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
    void a_ttl_is_whole_milliseconds_rounded_up() {
        assertThat(Commands.milliseconds(Duration.ofNanos(1))).isEqualTo(1);
        assertThat(Commands.milliseconds(Duration.ofMillis(5))).isEqualTo(5);
        assertThat(Commands.milliseconds(Duration.ofMillis(5).plusNanos(1))).isEqualTo(6);
        assertThat(Commands.milliseconds(Duration.ofSeconds(Long.MAX_VALUE)))
                .isEqualTo(Duration.ofDays(36_500).toMillis());
    }
}
