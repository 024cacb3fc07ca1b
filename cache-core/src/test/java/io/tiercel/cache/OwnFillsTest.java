package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OwnFillsTest {
    private final FakeTime time = new FakeTime();
    private final OwnFills<Integer> fills = new OwnFills<>(time);

    @Test
    void a_fill_is_remembered_for_half_a_second_at_least_and_a_second_at_most() {
        time.advance(ofMillis(499));
        fills.note("t:1", 1);

        time.advance(ofMillis(499));
        assertThat(fills.recent("t:1")).isEqualTo(1);
        time.advance(ofMillis(502));
        assertThat(fills.recent("t:1")).isNull();
        assertThat(fills.recent("t:2")).isNull();
    }

    @Test
    void after_a_pause_nothing_is_remembered() {
        fills.note("t:1", 1);

        time.advance(ofSeconds(1));

        assertThat(fills.recent("t:1")).isNull();
    }

    @Test
    void only_so_many_are_remembered() {
        for (int i = 0; i < 10_001; i++) {
            fills.note("t:" + i, i);
        }

        assertThat(fills.recent("t:9999")).isEqualTo(9_999);
        assertThat(fills.recent("t:10000")).isNull();
    }
}
