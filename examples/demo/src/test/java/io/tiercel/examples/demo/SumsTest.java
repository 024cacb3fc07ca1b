package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.CacheStats;
import io.tiercel.cache.TierStats;
import java.util.List;
import org.junit.jupiter.api.Test;

class SumsTest {
    /** 800 + 100 + 50 + 40 + 0 + 9 + 1 = 1,000. */
    private static final CacheStats STATS = new CacheStats(
            tier("local", 800), List.of(tier("redis", 100), tier("memcached", 50)), 40, 0, 0, 0, 9, 1, 0, 0, 0, 0);

    @Test
    void a_sum_that_is_right_has_no_complaints() {
        Sums sums = new Sums("first", 1_000, 0, 0, STATS);

        assertThat(sums.complaints()).isEmpty();
        assertThat(sums.terms()).isEqualTo("requests = L1 + L2 + L3 + loads + refused + shared + absent");
        assertThat(sums.equation()).isEqualTo("1,000 requests = 800 + 100 + 50 + 40 + 0 + 9 + 1");
    }

    @Test
    void a_request_that_nobody_counted_is_told() {
        assertThat(new Sums("first", 1_001, 0, 0, STATS).complaints())
                .containsExactly("first: 800 + 100 + 50 + 40 + 0 + 9 + 1 = 1,000, but 1,001 requests were made: -1");
    }

    @Test
    void a_request_that_was_counted_twice_is_told() {
        assertThat(new Sums("first", 999, 0, 0, STATS).complaints())
                .containsExactly("first: 800 + 100 + 50 + 40 + 0 + 9 + 1 = 1,000, but 999 requests were made: +1");
    }

    @Test
    void a_wrong_answer_is_told_though_the_sum_is_right() {
        assertThat(new Sums("first", 1_000, 2, 0, STATS).complaints())
                .containsExactly("first: 2 answers were not the row of their key");
    }

    @Test
    void a_request_that_failed_is_told_though_the_sum_is_right() {
        assertThat(new Sums("first", 1_000, 0, 3, STATS).complaints())
                .containsExactly("first: 3 requests ended with an exception");
    }

    static TierStats tier(String name, long hits) {
        return new TierStats(name, hits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
