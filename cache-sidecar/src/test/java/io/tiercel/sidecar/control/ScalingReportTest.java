package io.tiercel.sidecar.control;

import static io.tiercel.sidecar.control.MadeUpReports.MIDNIGHT;
import static io.tiercel.sidecar.control.MadeUpReports.entry;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.tiercel.cache.fleet.LogCounts;
import io.tiercel.cache.fleet.LogEntry;
import io.tiercel.sidecar.control.FleetMinutes.Price;
import io.tiercel.sidecar.control.ScalingReport.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report's arithmetic, against numbers that were computed by hand. */
class ScalingReportTest {
    private static final Map<String, Long> COUNTS = Map.ofEntries(
            Map.entry("commands", 900L),
            Map.entry("reads", 1_000L),
            Map.entry("l1", 600L),
            Map.entry("l2", 200L),
            Map.entry("l3", 40L),
            Map.entry("stale", 10L),
            Map.entry("misses", 120L),
            Map.entry("read_errors", 30L),
            Map.entry("write_errors", 5L),
            Map.entry("rate_limited", 50L),
            Map.entry("overloaded", 10L));

    private static Instant minute(int minute) {
        return MIDNIGHT.plus(Duration.ofMinutes(minute));
    }

    @Test
    void counts_are_added_up_and_divided_as_the_documentation_says() {
        ReportSpan total = MadeUpReports.of(
                        2, null, List.of(entry(0, 2, COUNTS, Map.of()), entry(1, 4, COUNTS, Map.of())))
                .total();

        assertThat(total.avoided()).isEqualTo(1_700); // 2 x (600 + 200 + 40 + 10)
        assertThat(total.loads()).isEqualTo(240);
        assertThat(total.hitRatio()).isEqualTo(0.85);
        assertThat(total.hitRatio("l1")).isEqualTo(0.6);
        assertThat(total.hitRatio("l2")).isEqualTo(0.2);
        assertThat(total.hitRatio("stale")).isEqualTo(0.01);
        assertThat(total.errors()).isEqualTo(90); // 2 x (30 + 5 + 10), not the 50 over the rate limit
        assertThat(total.errorShare()).isEqualTo(0.05); // 90 of 1,800
        assertThat(total.podsMin()).isEqualTo(2);
        assertThat(total.podsMax()).isEqualTo(4);
        assertThat(total.podsAverage()).isEqualTo(3.0);
    }

    @Test
    void a_cost_is_pod_hours_times_price_and_per_million_commands() {
        List<LogEntry> hour = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            hour.add(entry(i, i < 30 ? 2 : 5, Map.of("commands", 50_000L), Map.of()));
        }

        ScalingReport report = MadeUpReports.of(60, new Price(0.12, "EUR"), hour);

        assertThat(report.podHours()).isCloseTo(3.5, within(1e-9)); // half an hour of 2 and of 5
        assertThat(requireNonNull(report.cost())).isCloseTo(0.42, within(1e-9));
        assertThat(requireNonNull(report.costPerMillion())).isCloseTo(0.14, within(1e-9)); // 3 million
        assertThat(MadeUpReports.of(60, null, hour).cost()).isNull();
        assertThat(MadeUpReports.of(60, null, hour).costPerMillion()).isNull();
        assertThat(MadeUpReports.of(60, new Price(1, ""), List.of()).cost()).isZero();
        assertThat(MadeUpReports.of(60, new Price(1, ""), List.of()).costPerMillion())
                .isNull();
    }

    @Test
    void a_minute_without_an_entry_is_unknown_and_not_zero() {
        ScalingReport report =
                MadeUpReports.of(4, null, List.of(entry(0, 4, COUNTS, Map.of()), entry(3, 6, COUNTS, Map.of())));

        assertThat(report.total().minutes()).isEqualTo(4);
        assertThat(report.total().recorded()).isEqualTo(2);
        assertThat(report.total().podsMin()).isEqualTo(4);
        assertThat(report.total().podsAverage()).isEqualTo(5.0);
        assertThat(report.podHours()).isCloseTo(10 / 60.0, within(1e-9));
        assertThat(report.points()).hasSize(4);
        ReportSpan gap = report.points().get(1);
        assertThat(gap.recorded()).isZero();
        assertThat(gap.podsAverage()).isNull();
        assertThat(gap.hitRatio()).isNull();
        assertThat(gap.errorShare()).isNull();
        assertThat(gap.pressure()).isNull();
    }

    @Test
    void pods_that_told_nothing_are_said_to_be_missing() {
        LogEntry two = new LogEntry(MIDNIGHT, 1, 3, 1, 5, 3, LogCounts.NONE, Map.of());

        ReportSpan total = MadeUpReports.of(1, null, List.of(two)).total();

        assertThat(total.podMinutes()).isEqualTo(5);
        assertThat(total.uncounted()).isEqualTo(2);
    }

    @Test
    void of_recommendations_the_range_and_the_highest_pressure_are_kept() {
        ReportSpan total = MadeUpReports.of(
                        4,
                        null,
                        List.of(
                                entry(0, 2, Map.of(), Map.of("desired", "4", "pressure", "1.5", "pressure.cpu", "1.5")),
                                entry(1, 2, Map.of(), Map.of("desired", "3", "pressure", "0.9", "pressure.cpu", "0.7")),
                                entry(2, 2, Map.of(), Map.of("pressure.p95", "0.9", "conflicts", "db_connections")),
                                entry(3, 2, Map.of(), Map.of("desired", "1e9", "pressure", "NaN", "pressure.x", "7"))))
                .total();

        assertThat(total.desiredMin()).isEqualTo(3);
        assertThat(total.desiredMax()).isEqualTo(4);
        assertThat(total.pressure()).isEqualTo(1.5);
        assertThat(total.pressed()).isEqualTo(1);
        assertThat(total.conflicts()).isEqualTo(1);
        assertThat(total.pressures()).isEqualTo(Map.of("cpu", 1.5, "p95", 0.9));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "500, 1, 500", "501, 2, 251", "1440, 5, 288", "10080, 30, 336"})
    void points_are_500_at_most_and_cover_all_of_it(int minutes, int step, int points) {
        ScalingReport report = MadeUpReports.of(minutes, null, List.of(entry(minutes - 1, 3, COUNTS, Map.of())));

        assertThat(report.step()).isEqualTo(Duration.ofMinutes(step));
        assertThat(report.points()).hasSize(points);
        assertThat(report.points().stream().mapToInt(ReportSpan::minutes).sum()).isEqualTo(minutes);
        assertThat(report.points().get(points - 1).recorded()).isEqualTo(1);
        assertThat(report.points().get(points - 1).at()).isEqualTo(minute((points - 1) * step));
    }

    @Test
    void a_minute_of_many_pods_is_still_seen_in_a_week() {
        List<LogEntry> week = new ArrayList<>();
        for (int i = 0; i < 10_080; i++) {
            week.add(entry(i, i == 5_000 ? 20 : i == 5_001 ? 1 : 4, Map.of("reads", 1L), Map.of()));
        }

        ScalingReport report = MadeUpReports.of(10_080, null, week);

        ReportSpan with = report.points().get(5_000 / 30);
        assertThat(with.podsMax()).isEqualTo(20);
        assertThat(with.podsMin()).isEqualTo(1);
        assertThat(report.total().podMinutes()).isEqualTo(10_078 * 4 + 21);
        assertThat(report.total().counts().sum("reads")).isEqualTo(10_080);
    }

    @Test
    void entries_of_another_time_do_not_count() {
        ScalingReport.Builder builder = new ScalingReport.Builder(minute(1), minute(3), Duration.ofMinutes(1), null);
        for (int i = 0; i < 5; i++) {
            builder.add(entry(i, i, Map.of(), Map.of()));
        }

        assertThat(builder.build().total().podMinutes()).isEqualTo(1 + 2);
    }

    @Test
    void events_and_emergencies_are_periods_that_end_when_they_are_no_longer_noted() {
        ScalingReport report = MadeUpReports.of(
                7,
                null,
                List.of(
                        entry(0, 2, Map.of(), Map.of()),
                        entry(1, 2, Map.of(), Map.of("events", "sale")),
                        entry(2, 2, Map.of(), Map.of("events", "sale,show", "emergency", "20")),
                        // Nothing is known of minute 3: what was before it and is after it is taken to have gone on.
                        entry(4, 2, Map.of(), Map.of("events", "show")),
                        entry(5, 2, Map.of(), Map.of()),
                        entry(6, 2, Map.of(), Map.of("events", "show"))));

        assertThat(report.periods())
                .containsExactly(
                        new Period("event", "sale", minute(1), minute(3)),
                        new Period("emergency", "20", minute(2), minute(3)),
                        new Period("event", "show", minute(2), minute(5)),
                        new Period("event", "show", minute(6), minute(7)));
    }

    @Test
    void periods_are_bounded() {
        List<LogEntry> entries = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            entries.add(entry(i, 1, Map.of(), Map.of("events", "e" + i)));
        }

        assertThat(MadeUpReports.of(1_000, null, entries).periods()).hasSize(200);
    }

    @Test
    void no_time_at_all_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> MadeUpReports.empty(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Price(0, "EUR"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Price(Double.NaN, "EUR"));
    }
}
