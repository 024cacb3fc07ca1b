package io.tiercel.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.chaos.MemoryTier;
import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MemoryTierTest {
    private static final Duration TTL = Duration.ofMinutes(1);

    private final MemoryTier tier = new MemoryTier("redis");

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private TieredCache<String, String> cache() {
        return TieredCache.<String, String>builder("users")
                .local(LocalTier.maximumSize(100))
                .remote(tier.shared())
                .codec(Codec.utf8())
                .policy(p -> p.ttl(TTL))
                .build();
    }

    @Test
    void a_value_is_there_until_its_end() {
        tier.put("a", bytes("1"), Duration.ofMillis(20)).join();
        assertThat(tier.get("a").join()).isEqualTo(bytes("1"));

        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(tier.get("a").join()).isNull());
        assertThat(tier.size()).isZero();
        assertThat(tier.putIfAbsent("a", bytes("2"), TTL).join()).isNull();
        assertThat(tier.get("a").join()).isEqualTo(bytes("2"));
    }

    @Test
    void what_is_conditional_asks_for_the_beginning_of_what_is_there() {
        assertThat(tier.putIfAbsent("a", bytes("one"), TTL).join()).isNull();
        assertThat(tier.putIfAbsent("a", bytes("two"), TTL).join()).isEqualTo(bytes("one"));

        assertThat(tier.replaceIfStartsWith("a", bytes("two"), bytes("x"), TTL).join())
                .isFalse();
        assertThat(tier.removeIfStartsWith("a", bytes("two")).join()).isFalse();
        assertThat(tier.replaceIfStartsWith("b", bytes(""), bytes("x"), TTL).join())
                .isFalse();
        assertThat(tier.replaceIfStartsWith("a", bytes("on"), bytes("three"), TTL)
                        .join())
                .isTrue();
        assertThat(tier.get("a").join()).isEqualTo(bytes("three"));
        assertThat(tier.removeIfStartsWith("a", bytes("th")).join()).isTrue();
        assertThat(tier.remove("a").join()).isFalse();
    }

    @Test
    void several_caches_over_one_tier_keep_in_step() {
        try (TieredCache<String, String> one = cache();
                TieredCache<String, String> other = cache()) {
            one.put("a", "1");
            assertThat(other.getIfPresent("a")).isEqualTo("1");
            assertThat(other.stats().local().puts()).as("in L1 of the other").isEqualTo(1);

            one.put("a", "2");
            assertThat(other.getIfPresent("a")).isEqualTo("2");

            one.invalidate("a");
            assertThat(other.getIfPresent("a")).isNull();
        }
    }

    @Test
    void what_is_cleared_is_in_no_L1_either() {
        try (TieredCache<String, String> cache = cache()) {
            cache.put("a", "1");

            tier.clear();

            assertThat(cache.getIfPresent("a")).isNull();
        }
    }
}
