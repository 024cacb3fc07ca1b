package io.tiercel.cache.tier.memcached;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemcachedKeysTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "user:42", "A.b_c-9", "h", "hh:", ":h:"})
    void a_plain_key_stays_as_it_is(String key) {
        assertThat(MemcachedKeys.map(key)).isEqualTo(key);
    }

    @Test
    void two_hundred_characters_are_plain_and_one_more_is_not() {
        assertThat(MemcachedKeys.map("k".repeat(200))).isEqualTo("k".repeat(200));
        assertThat(MemcachedKeys.map("k".repeat(201))).startsWith("h:").hasSizeLessThan(30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\n", "\0", "käse", "h:", "h:plain", "a/b", "\uD800", "\uFFFD", "{a}"})
    void every_other_key_is_hashed_into_plain_ascii(String key) {
        assertThat(MemcachedKeys.map(key)).matches("h:[A-Za-z0-9_-]{22}");
    }

    @Test
    void a_key_that_looks_like_the_hash_of_another_does_not_meet_it() {
        String hashed = MemcachedKeys.map("a b");

        assertThat(MemcachedKeys.map(hashed)).isNotEqualTo(hashed);
    }

    @Test
    void lone_surrogates_are_told_apart() {
        assertThat(MemcachedKeys.map("\uD800")).isNotEqualTo(MemcachedKeys.map("\uD801"));
        assertThat(MemcachedKeys.map("\uD800")).isNotEqualTo(MemcachedKeys.map("?"));
    }

    @Test
    void random_keys_never_meet() {
        Random random = new Random(7);
        Map<String, String> origins = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            String key = new String(bytes, StandardCharsets.ISO_8859_1);

            String earlier = origins.put(MemcachedKeys.map(key), key);

            assertThat(earlier == null || earlier.equals(key)).isTrue();
        }
    }
}
