package io.tiercel.cache.tier.memcached;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ExpiryTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    @Test
    void a_part_of_a_second_counts_as_a_whole_one() {
        assertThat(Expiry.of(Duration.ofNanos(1), NOW)).isEqualTo(1);
        assertThat(Expiry.of(Duration.ofMillis(1_001), NOW)).isEqualTo(2);
        assertThat(Expiry.of(Duration.ofSeconds(2), NOW)).isEqualTo(2);
    }

    @Test
    void beyond_thirty_days_the_end_is_named_instead_of_the_length() {
        assertThat(Expiry.of(Duration.ofDays(30), NOW)).isEqualTo(2_592_000);
        assertThat(Expiry.of(Duration.ofDays(30).plusMillis(1), NOW)).isEqualTo(1_800_000_000 + 2_592_001);
    }

    @Test
    void the_longest_ttl_overflows_nothing() {
        assertThat(Expiry.of(Duration.ofSeconds(Long.MAX_VALUE), NOW)).isEqualTo(Integer.MAX_VALUE);
    }
}
