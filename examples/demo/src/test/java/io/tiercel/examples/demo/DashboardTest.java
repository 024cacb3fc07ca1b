package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.CacheStats;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DashboardTest {
    private static final Style BLOCKS = new Style(true, false);
    private static final Style ASCII = Style.PLAIN;

    @Test
    void a_bar_always_has_its_width() {
        for (double share = -0.1; share <= 1.1; share += 0.003) {
            for (Style style : List.of(BLOCKS, ASCII)) {
                assertThat(style.bar(share, 22)).hasSize(22);
                assertThat(style.progress(share, 22)).hasSize(22);
            }
        }
    }

    @Test
    void a_bar_is_empty_only_for_nothing_and_full_only_for_all() {
        assertThat(BLOCKS.bar(0, 4)).isEqualTo("    ");
        assertThat(BLOCKS.bar(0.000_1, 4)).isEqualTo("▏   ");
        assertThat(BLOCKS.bar(0.5, 4)).isEqualTo("██  ");
        assertThat(BLOCKS.bar(0.53, 4)).isEqualTo("██▏ ");
        assertThat(BLOCKS.bar(1, 4)).isEqualTo("████");
        assertThat(ASCII.bar(0.000_1, 4)).isEqualTo("#...");
        assertThat(BLOCKS.progress(0.99, 4)).isEqualTo("███░");
        assertThat(BLOCKS.progress(1, 4)).isEqualTo("████");
    }

    @Test
    void a_character_set_without_blocks_gets_ascii() {
        assertThat(Style.of(StandardCharsets.US_ASCII, false)).isEqualTo(ASCII);
        assertThat(Style.of(StandardCharsets.UTF_8, false)).isEqualTo(BLOCKS);
    }

    @Test
    void times_have_three_digits_and_a_unit_that_fits() {
        assertThat(ASCII.time(0)).isEqualTo("0 ns");
        assertThat(ASCII.time(999)).isEqualTo("999 ns");
        assertThat(ASCII.time(1_234)).isEqualTo("1.23 us");
        assertThat(BLOCKS.time(99_940)).isEqualTo("99.9 µs");
        assertThat(ASCII.time(725_000)).isEqualTo("725 us");
        assertThat(ASCII.time(6_160_000)).isEqualTo("6.16 ms");
        assertThat(ASCII.time(2_500_000_000L)).isEqualTo("2.50 s");
    }

    @Test
    void the_view_stays_within_80_columns_with_the_largest_numbers() {
        Dashboard.Moment huge = moment(1_000_000_000, 999_999_999);
        huge.latencies().localHit(999_999);
        huge.latencies().remoteCall("redis", "get", 99_949_999, false);
        huge.latencies().remoteCall("memcached", "get", 119_000_000_000L, false);
        huge.latencies().load(999_999_999, false);

        for (Style style : List.of(BLOCKS, ASCII)) {
            assertThat(new Dashboard(style).replay(huge))
                    .allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
            assertThat(new Dashboard(style).logLine(huge)).hasSizeLessThan(100);
        }
    }

    @Test
    void the_view_stays_within_80_columns_before_the_first_request() {
        Dashboard dashboard = new Dashboard(BLOCKS);

        assertThat(dashboard.replay(moment(1_000_000, 0)))
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
        assertThat(dashboard.logLine(moment(1_000_000, 0))).startsWith("  0 %").contains("L1 0.0 %");
    }

    @Test
    void each_tier_has_its_count_and_its_share_of_all_requests() {
        assertThat(new Dashboard(ASCII).replay(moment(2_000, 1_000)))
                .anySatisfy(line -> assertThat(line).startsWith("  L1 memory            800   80.0 %  ####"))
                .anySatisfy(line -> assertThat(line).startsWith("  L2 redis             100   10.0 %  ##."))
                .anySatisfy(line -> assertThat(line).startsWith("  L3 memcached          50    5.0 %  #."))
                .anySatisfy(line -> assertThat(line).startsWith("  database              40    4.0 %  #."))
                .anySatisfy(line -> assertThat(line).startsWith("  10 shared flights"));
    }

    @Test
    void first_seconds_stand_side_by_side() {
        List<String> lines = new Dashboard(ASCII)
                .sideBySide(List.of(
                        new FirstSecond("cold", 2_000, 800, 104_000, 4_230_000),
                        new FirstSecond("warmed up", 2_000, 1_500, 2_000, 1_300_000)));

        assertThat(lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).hasSizeLessThan(80))
                .anySatisfy(line -> assertThat(line).startsWith("  cold ").contains("#########.............   40.0 %"))
                .anySatisfy(line -> assertThat(line).startsWith("  warmed up ").contains("75.0 %"));
    }

    @Test
    void advice_is_wrapped_between_words() {
        assertThat(Servers.wrapped("install it, or  start a container", 12))
                .containsExactly("install it,", "or start a", "container");
    }

    @Test
    void durations_are_written_for_people() {
        assertThat(Dashboard.seconds(Duration.ofMillis(420))).isEqualTo("0.4 s");
        assertThat(Dashboard.seconds(Duration.ofSeconds(42))).isEqualTo("42 s");
        assertThat(Dashboard.seconds(Duration.ofSeconds(185))).isEqualTo("3 min 05 s");
    }

    @Test
    void a_rate_forgets_what_is_older_than_its_window() {
        Rate rate = new Rate();

        assertThat(rate.perSecond(0, 0)).isZero();
        assertThat(rate.perSecond(1_000_000_000L, 500)).isEqualTo(500);
        assertThat(rate.perSecond(10_000_000_000L, 500)).isZero();
    }

    private static Dashboard.Moment moment(long total, long issued) {
        CacheStats stats = new CacheStats(
                SumsTest.tier("local", issued * 8 / 10),
                List.of(SumsTest.tier("redis", issued / 10), SumsTest.tier("memcached", issued / 20)),
                issued / 25,
                0,
                0,
                0,
                issued / 100,
                0,
                0,
                0,
                0,
                0);
        return new Dashboard.Moment(
                total,
                new Sums("first", issued, 0, 0, stats),
                new Latencies(),
                36_849,
                942,
                Duration.ofSeconds(3_599),
                Duration.ofSeconds(30));
    }
}
