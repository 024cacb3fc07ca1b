package io.tiercel.sidecar.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long MS = 1_000_000;

    private final AtomicInteger warming = new AtomicInteger(1);
    private final Pace pace = new Pace(10_000, warming::get);
    private long now = -5_000_000_000L;

    @Test
    void pages_are_as_far_apart_as_the_rate_says() {
        assertThat(pace.pause(now)).isZero();
        pace.sent(100, now);
        assertThat(pace.pause(now)).isEqualTo(10 * MS);
        assertThat(pace.pause(now + 4 * MS)).isEqualTo(6 * MS);
        assertThat(pace.pause(now + 10 * MS)).isZero();
    }

    @Test
    void time_that_was_not_used_is_not_made_up_for() {
        pace.sent(100, now);
        now += 60_000 * MS;
        pace.sent(100, now);
        assertThat(pace.pause(now)).isEqualTo(10 * MS);
    }

    @Test
    void the_rate_is_divided_by_the_most_that_have_warmed_up_meanwhile() {
        assertThat(pace.rate()).isEqualTo(10_000);
        warming.set(4);
        assertThat(pace.rate()).isEqualTo(2_500);
        warming.set(0);
        assertThat(pace.rate()).isEqualTo(2_500);
    }

    @Test
    void over_a_second_as_many_keys_go_as_the_rate_says_however_late_the_timer_is() {
        long end = now + 1_000 * MS;
        int keys = 0;
        while (now < end) {
            long wait = pace.pause(now);
            if (wait == 0) {
                pace.sent(50, now);
                keys += 50;
            }
            now += Math.max(wait, 1) + MS / 10;
        }
        assertThat(keys).isBetween(9_600, 10_050);
    }

    @Test
    void it_slows_down_when_pages_take_twice_as_long_and_recovers_when_they_do_not() {
        answers(8, 3);
        assertThat(pace.rate()).isEqualTo(10_000);

        answers(8, 20);
        double slow = pace.rate();
        assertThat(slow).isLessThanOrEqualTo(2_500);

        answers(4, 20);
        assertThat(pace.rate()).isLessThan(slow);

        answers(64, 3);
        assertThat(pace.rate()).isEqualTo(10_000, within(1.0));
    }

    @Test
    void it_never_stops() {
        answers(8, 3);
        answers(1_000, 500);
        assertThat(pace.rate()).isEqualTo(10_000 / 64.0);
    }

    @Test
    void noise_below_a_few_milliseconds_slows_nothing() {
        answers(8, 0);
        answers(100, 3);
        assertThat(pace.rate()).isEqualTo(10_000);
    }

    private void answers(int pages, int millis) {
        for (int i = 0; i < pages; i++) {
            pace.answered(millis * MS);
        }
    }
}
