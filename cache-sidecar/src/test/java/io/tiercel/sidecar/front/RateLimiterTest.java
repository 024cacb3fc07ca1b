package io.tiercel.sidecar.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private final RateLimiter limiter = new RateLimiter();
    private final long start = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);

    @Test
    void a_bucket_is_emptied_at_once_and_refilled_at_its_rate() {
        RateSettings settings = new RateSettings(600, 5, RateScope.POD);
        assertThat(IntStream.range(0, 5).allMatch(i -> limiter.take(settings, start) == 0))
                .isTrue();
        assertThat(limiter.take(settings, start)).isEqualTo(100);
        assertThat(limiter.take(settings, start + millis(99))).isEqualTo(1);
        assertThat(limiter.take(settings, start + millis(100))).isZero();
        assertThat(limiter.take(settings, start + millis(100))).isPositive();
    }

    @Test
    void over_a_minute_as_many_are_let_through_as_the_rate_says_and_the_burst() {
        RateSettings settings = new RateSettings(500, 1_000, RateScope.POD);
        int taken = 0;
        for (long at = 0; at < millis(60_000); at += millis(5)) {
            taken += limiter.take(settings, start + at) == 0 ? 1 : 0;
        }
        assertThat(taken).isBetween(1_498, 1_500);
    }

    @Test
    void threads_together_get_no_more_than_the_burst() throws InterruptedException {
        RateSettings settings = new RateSettings(1, 1_000, RateScope.POD);
        AtomicInteger taken = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int n = 0; n < 1_000; n++) {
                    taken.addAndGet(limiter.take(settings, start) == 0 ? 1 : 0);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(taken).hasValue(1_000);
    }

    @Test
    void without_a_limit_nothing_is_refused_and_the_largest_do_not_overflow() {
        assertThat(limiter.take(new RateSettings(0, 1, RateScope.POD), start)).isZero();
        RateSettings slowest = new RateSettings(1, 1_000_000_000, RateScope.POD);
        assertThat(IntStream.range(0, 10_000).allMatch(i -> limiter.take(slowest, start) == 0))
                .isTrue();
    }

    @Test
    void what_was_taken_at_a_slow_rate_is_no_debt_of_hours_at_a_fast_one() {
        RateSettings slow = new RateSettings(1, 1_000, RateScope.POD);
        assertThat(IntStream.range(0, 1_000).allMatch(i -> limiter.take(slow, start) == 0))
                .isTrue();
        RateSettings fast = new RateSettings(60_000, 10, RateScope.POD);
        assertThat(limiter.take(fast, start)).isEqualTo(1);
        assertThat(limiter.take(fast, start + millis(1))).isZero();
        assertThat(limiter.take(fast, start + millis(20))).isZero();
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
