package io.tiercel.cache.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tiercel.cache.fleet.SlotCounts.Fact;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogCountsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static Instant second(long second) {
        return Instant.ofEpochSecond(600 + second);
    }

    @Test
    void a_slot_has_what_came_between_its_ends_and_the_first_has_what_was_before() {
        SlotCounts counts = new SlotCounts(MINUTE);

        assertThat(counts.see(second(30), Map.of("hits", 5L), Map.of("p99", 9L)))
                .isNull();
        assertThat(counts.see(second(59), Map.of("hits", 8L), Map.of("p99", 4L)))
                .isNull();
        assertThat(counts.see(second(61), Map.of("hits", 10L), Map.of("p99", 1L)))
                .isEqualTo(new Fact(10, new LogCounts(Map.of("hits", 10L), Map.of("p99", 9L))));
        assertThat(counts.see(second(119), Map.of("hits", 11L), Map.of("p99", 2L)))
                .isNull();
        assertThat(counts.see(second(121), Map.of("hits", 13L), Map.of("p99", 1L)))
                .isEqualTo(new Fact(11, new LogCounts(Map.of("hits", 3L), Map.of("p99", 2L))));
    }

    @Test
    void what_is_counted_is_in_one_slot_however_the_clock_jumps() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            SlotCounts counts = new SlotCounts(MINUTE);
            long second = 0;
            long total = 0;
            long told = 0;
            List<Fact> facts = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                second += random.nextInt(20) == 0 ? random.nextInt(400) - 200 : random.nextInt(10);
                total += random.nextInt(100);
                Fact fact = counts.see(second(second), Map.of("hits", total), Map.of());
                if (fact != null) {
                    facts.add(fact);
                    told += fact.counts().sum("hits");
                    assertThat(told).as("seed %s", seed).isEqualTo(total);
                }
            }
            assertThat(facts).isNotEmpty();
        }
    }

    @Test
    void a_slot_is_not_told_twice_when_the_clock_wavers_at_its_end() {
        SlotCounts counts = new SlotCounts(MINUTE);
        counts.see(second(30), Map.of("hits", 1L), Map.of());

        assertThat(counts.see(second(60), Map.of("hits", 100L), Map.of())).isNotNull();
        assertThat(counts.see(second(59), Map.of("hits", 101L), Map.of())).isNull();
        assertThat(counts.see(second(60), Map.of("hits", 102L), Map.of())).isNull();
        assertThat(counts.see(second(120), Map.of("hits", 103L), Map.of()))
                .isEqualTo(new Fact(11, new LogCounts(Map.of("hits", 3L), Map.of())));
    }

    @Test
    void a_clock_that_is_set_back_is_followed() {
        SlotCounts counts = new SlotCounts(MINUTE);
        counts.see(second(3_600), Map.of("hits", 1L), Map.of());

        assertThat(counts.see(second(30), Map.of("hits", 2L), Map.of())).isNull();
        assertThat(counts.see(second(60), Map.of("hits", 3L), Map.of()))
                .isEqualTo(new Fact(10, new LogCounts(Map.of("hits", 3L), Map.of())));
    }

    @Test
    void a_counter_that_is_seen_to_go_back_counts_nothing() {
        SlotCounts counts = new SlotCounts(MINUTE);
        counts.see(second(0), Map.of("hits", 10L), Map.of());
        counts.see(second(60), Map.of("hits", 10L), Map.of());

        Fact fact = counts.see(second(120), Map.of("hits", 8L), Map.of());

        assertThat(fact).isEqualTo(new Fact(11, new LogCounts(Map.of("hits", 0L), Map.of())));
    }

    @Test
    void sums_are_added_and_of_the_highest_the_higher_counts() {
        LogCounts one = new LogCounts(Map.of("hits", 1L, "reads", Long.MAX_VALUE), Map.of("p99", 5L));
        LogCounts other = new LogCounts(Map.of("hits", 2L, "reads", 1L, "misses", 4L), Map.of("p99", 3L, "queued", 1L));

        assertThat(one.plus(other))
                .isEqualTo(new LogCounts(
                        Map.of("hits", 3L, "reads", Long.MAX_VALUE, "misses", 4L), Map.of("p99", 5L, "queued", 1L)));
    }

    @Test
    void texts_are_read_as_they_were_written() {
        Fact fact = new Fact(29_422_000, new LogCounts(Map.of("hits", 12L, "l1", 0L), Map.of("p99", 1_350L)));
        LogEntry entry =
                new LogEntry(Instant.ofEpochSecond(60), 1, 2, 3, 7, 2, fact.counts(), Map.of("event", "1:<b>,|\n"));

        assertThat(fact.encode()).isEqualTo("29422000/hits=12,l1=0/p99=1350");
        assertThat(Fact.decode(fact.encode())).isEqualTo(fact);
        assertThat(Fact.decode("1//")).isEqualTo(new Fact(1, LogCounts.NONE));
        assertThat(LogEntry.decode(entry.at(), entry.encode())).isEqualTo(entry);
        assertThat(entry.pods()).isEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "5",
                "5/",
                "5/a=1",
                "x/a=1/",
                "5/a/",
                "5/=1/",
                "5/a=1,a=2/",
                "5/a=-1/",
                "5/A=1/",
                "5/a=1,/",
                "5/a=99999999999999999999/",
                "5/a=1/b=2/c",
                "5/<b>=1/",
                "1=1:"
            })
    void what_is_no_fact_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Fact.decode(text));
        assertThatIllegalArgumentException().isThrownBy(() -> LogEntry.decode(Instant.EPOCH, text));
    }

    @Test
    void more_names_than_anybody_has_are_refused() {
        StringBuilder text = new StringBuilder("5/a=1");
        for (int i = 0; i < 40; i++) {
            text.append(",a").append(i).append("=1");
        }

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fact.decode(text + "/"))
                .withMessage("sums must be 40 at most: 41");
    }
}
