package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.CacheEvent;
import io.tiercel.examples.demo.TierNews.News;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TierNewsTest {
    private final AtomicLong millis = new AtomicLong(5_000);
    private final TierNews news = new TierNews(() -> TimeUnit.MILLISECONDS.toNanos(millis.get()));

    @Test
    void a_tier_that_fails_and_recovers_all_the_time_is_one_piece_of_news() {
        for (int i = 0; i < 100; i++) {
            fails("redis", "node 2 is gone");
            millis.addAndGet(5);
            recovers("redis");
        }

        assertThat(news.latest()).containsExactly(new News("redis", "node 2 is gone", Duration.ZERO));
        assertThat(news.latest()).isEmpty();
    }

    @Test
    void a_tier_has_recovered_when_it_was_quiet_for_a_while() {
        fails("redis", "gone");
        assertThat(news.latest()).hasSize(1);
        millis.addAndGet(3_000);
        recovers("redis");
        assertThat(news.latest()).isEmpty();

        millis.addAndGet(1_000);

        assertThat(news.latest()).containsExactly(new News("redis", null, Duration.ofSeconds(3)));
        assertThat(news.latest()).isEmpty();
    }

    @Test
    void a_failure_after_a_recovery_is_news_again() {
        fails("redis", "gone");
        assertThat(news.latest()).hasSize(1);
        recovers("redis");
        millis.addAndGet(1_000);
        assertThat(news.latest()).hasSize(1);

        fails("redis", "gone again");

        assertThat(news.latest()).containsExactly(new News("redis", "gone again", Duration.ZERO));
    }

    @Test
    void tiers_are_told_apart() {
        fails("redis", "gone");
        fails("memcached", "gone too");

        assertThat(news.latest()).extracting(News::tier).containsExactly("redis", "memcached");
    }

    private void fails(String tier, String message) {
        news.onEvent(new CacheEvent.TierFailed("items", tier, "get", new IOException(message)));
    }

    private void recovers(String tier) {
        news.onEvent(new CacheEvent.TierRecovered("items", tier, Duration.ZERO));
    }
}
