package io.tiercel.sidecar.http;

import static io.tiercel.sidecar.control.MadeUpReports.MIDNIGHT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetRevision;
import io.tiercel.sidecar.control.FleetMinutes.Price;
import io.tiercel.sidecar.control.MadeUpReports;
import io.tiercel.sidecar.control.ScalingReport;
import io.tiercel.sidecar.http.ReportRoutes.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What may be asked for, and what the answer looks like. The pages are left in target/report for src/test/page/report. */
class ReportTest {
    private static final Instant UNTIL = Instant.parse("2026-11-28T12:00:00Z");
    private static final String HOSTILE = "<img src=x onerror=alert(1)>\"'&amp;\u202e";

    private static Span span(String query) throws ProblemException {
        return Span.of(Options.ofRead(query), UNTIL);
    }

    @Test
    void the_last_hour_is_meant_if_nothing_is_said() throws ProblemException {
        assertThat(span("")).isEqualTo(new Span(UNTIL.minusSeconds(3_600), UNTIL, Instant.MAX));
        assertThat(span("to=2026-11-28T10:00:00Z").from()).isEqualTo(Instant.parse("2026-11-28T09:00:00Z"));
    }

    @Test
    void times_are_whole_minutes_and_no_later_than_what_is_known() throws ProblemException {
        Span asked = span("from=2026-11-28T09:00:30%2B01:00&to=2026-11-28T08:30:01Z");

        assertThat(asked.from()).isEqualTo(Instant.parse("2026-11-28T08:00:00Z"));
        assertThat(asked.to()).isEqualTo(Instant.parse("2026-11-28T08:31:00Z"));
        assertThat(asked.end()).isEqualTo(Instant.parse("2026-11-28T08:30:01Z"));
        assertThat(span("from=2026-11-28T09:00:00+01:00").from()).isEqualTo(Instant.parse("2026-11-28T08:00:00Z"));
        assertThat(span("to=2027-01-01T00:00:00Z").to()).isEqualTo(UNTIL);
        assertThat(span("from=2026-11-21T12:00:00Z").from()).isEqualTo(UNTIL.minus(Duration.ofDays(7)));
    }

    @ParameterizedTest
    @CsvSource({
        "from=yesterday, from",
        "from=, from",
        "from=2026-11-28, from",
        "from=2026-11-28T08:00:00, from",
        "from=1795561204, from",
        "from=2026-11-28T25:00:00Z, from",
        "from=-999999999-01-01T00:00:00Z, from",
        "from=+999999999-12-31T23:59:59Z, from",
        "to=now, to",
        "to=%00, to",
        "to=2026-11-20T00:00:00Z, to",
        "from=2026-11-28T10:00:00Z&to=2026-11-28T10:00:00Z, from",
        "from=2026-11-28T11:00:00Z&to=2026-11-28T10:00:00Z, from",
        "from=2026-11-21T11:59:59Z, from",
        "from=2026-11-28T12:00:00Z, from",
        "from=2026-11-28T11:00:00Z&from=2026-11-28T11:00:00Z, query",
        "from=%zz, query",
        "form=2026-11-28T11:00:00Z, form"
    })
    void what_cannot_be_is_refused_with_its_name(String query, String field) {
        assertThatThrownBy(() -> span(query))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith(field + " ")
                .extracting(problem -> ((ProblemException) problem).status().code())
                .isEqualTo(422);
    }

    @Test
    void bad_input_is_answered_with_422_over_HTTP_and_a_good_one_without_a_fleet_with_404() throws Exception {
        try (Serving serving = Serving.start()) {
            String path = "/admin/scaling/report";
            assertThat(serving.get(serving.admin(path + "?from=x")).statusCode())
                    .isEqualTo(422);
            JsonNode problem = Serving.json(serving.get(serving.admin(path + "?format=pdf")));
            assertThat(problem.at("/errors/0/field").asString()).isEqualTo("format");
            assertThat(serving.get(serving.admin(path)).statusCode()).isEqualTo(404);
            assertThat(serving.get(serving.open(path)).statusCode()).isEqualTo(404);
            assertThat(serving.post(path, "{}").statusCode()).isEqualTo(405);
        }
    }

    // ---- what is answered

    private static FleetRevision revision(long version, int minute, String reason, String... fields) {
        Map<String, FleetDocument.Field> all = new TreeMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            all.put(fields[i], new FleetDocument.Field(fields[i + 1], MIDNIGHT, null));
        }
        return new FleetRevision(
                MIDNIGHT.plus(Duration.ofMinutes(minute)),
                "set",
                "pod-1",
                "operator",
                reason,
                new FleetDocument(version, all));
    }

    private static final String SALE = MIDNIGHT.plusSeconds(28_800).toEpochMilli() + "|"
            + MIDNIGHT.plusSeconds(39_600).toEpochMilli() + "|12|1200000|true|aggressive";

    private static List<FleetRevision> revisions() {
        return List.of(
                revision(44, 1_006, "", "ttl", "60"),
                revision(43, 960, "Redis is slow", "ttl", "60", "emergency", "16", "emergency.queue_enabled", "true"),
                revision(42, 360, "Black Friday", "event.sale", SALE, "ttl", "60"),
                revision(41, -600, "long ago", "ttl", "30"));
    }

    private static ReportView day() {
        return ReportView.of(
                "shop",
                MadeUpReports.day(1_440, "sale", new Price(0.12, "EUR")),
                revisions(),
                100,
                MIDNIGHT.plus(Duration.ofDays(1)));
    }

    @Test
    void the_JSON_has_totals_points_periods_changes_and_the_cost() {
        JsonNode json = Serving.MAPPER.readTree(Json.bytes(ReportDocument.of(day())));

        assertThat(json.at("/minutes").asInt()).isEqualTo(1_440);
        assertThat(json.at("/minutes_recorded").asInt()).isEqualTo(1_410);
        assertThat(json.at("/cost/currency").asString()).isEqualTo("EUR");
        assertThat(json.at("/cost/total").asDouble() / json.at("/pod_hours").asDouble())
                .isBetween(0.1199, 0.1201);
        assertThat(json.at("/series/step_s").asInt()).isEqualTo(300);
        assertThat(json.at("/series/points").size()).isEqualTo(288);
        JsonNode gap = json.at("/series/points/157"); // 13:05
        assertThat(gap.at("/minutes_recorded").asInt()).isZero();
        gap.properties().stream()
                .filter(each -> !each.getKey().equals("at") && !each.getKey().equals("minutes_recorded"))
                .forEach(each ->
                        assertThat(each.getValue().isNull()).as(each.getKey()).isTrue());
        assertThat(json.at("/periods/0").toString())
                .isEqualTo("{\"kind\":\"event\",\"name\":\"sale\",\"from\":\"2026-11-27T07:40:00Z\","
                        + "\"to\":\"2026-11-27T11:00:00Z\"}");
        assertThat(json.at("/changes").size()).isEqualTo(3);
        assertThat(json.at("/changes/0").toString())
                .isEqualTo("{\"at\":\"2026-11-27T06:00:00Z\",\"version\":42,\"kind\":\"set\",\"by\":\"operator\","
                        + "\"reason\":\"Black Friday\",\"changes\":[\"event sale: 12 pods from 2026-11-27T07:40:00Z, "
                        + "2026-11-27T08:00:00Z to 2026-11-27T11:00:00Z, aggressive\",\"ttl = 60\"]}");
        assertThat(json.at("/changes/2/changes").toString())
                .isEqualTo("[\"emergency removed\",\"emergency.queue_enabled removed\"]");
        assertThat(json.at("/changes_complete").asBoolean()).isTrue();
    }

    @Test
    void a_report_of_nothing_has_no_numbers() {
        ReportView view = ReportView.of("shop", MadeUpReports.empty(60), List.of(), 100, Instant.MAX);

        JsonNode json = Serving.MAPPER.readTree(Json.bytes(ReportDocument.of(view)));

        assertThat(json.at("/replicas").toString())
                .isEqualTo("{\"min\":null,\"max\":null,\"average\":null,\"desired_min\":null,\"desired_max\":null}");
        assertThat(json.at("/hit_ratio/any").isNull()).isTrue();
        assertThat(json.at("/cost").isNull()).isTrue();
        assertThat(ReportPage.of(view)).contains("there is no record of 60 minutes", "None in this time.");
    }

    @Test
    void that_older_changes_are_forgotten_is_said() {
        ScalingReport report = MadeUpReports.day(1_440, "sale", null);
        List<FleetRevision> recent = revisions().subList(0, 2);

        assertThat(ReportView.of("shop", report, recent, 2, Instant.MAX).complete())
                .isFalse();
        assertThat(ReportPage.of(ReportView.of("shop", report, recent, 2, Instant.MAX)))
                .contains("Only the last changes are known");
        assertThat(ReportView.of("shop", report, revisions(), 4, Instant.MAX).complete())
                .isTrue();
    }

    @Test
    void texts_of_users_are_no_markup_on_the_page() {
        FleetRevision revision = revision(5, 3, HOSTILE, "event." + HOSTILE, SALE, HOSTILE, HOSTILE);
        FleetRevision hostile =
                new FleetRevision(revision.at(), HOSTILE, HOSTILE, HOSTILE, HOSTILE, revision.document());

        String page = ReportPage.of(ReportView.of(
                HOSTILE,
                MadeUpReports.day(720, HOSTILE.replace(",", ""), new Price(1, HOSTILE)),
                List.of(hostile),
                100,
                Instant.MAX));

        assertThat(page).contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;amp;");
        assertThat(Pattern.compile("<img[^>]*>").matcher(page).results().map(found -> found.group()))
                .containsExactly("<img src=\"/page/icon.svg\" alt=\"\" width=\"18\" height=\"18\">");
        write("strange", page);
    }

    @Test
    void the_page_has_everything_without_a_script_and_nothing_inline() {
        String page = ReportPage.of(day());

        assertThat(page).doesNotContainPattern("<script|<style|\\sstyle=|\\son[a-z]+=|NaN|Infinity|null");
        assertThat(Pattern.compile("(?:src|href)=\"([^\"]*)\"")
                        .matcher(page)
                        .results()
                        .map(found -> found.group(1)))
                .containsOnly("/page/icon.svg", "/page/page.css", "/page/report.css");
        assertThat(page)
                .contains("<figure id=\"replicas\">", "<figure id=\"pressure\">", "<figure id=\"hit-ratio\">")
                .contains("<figure id=\"loads\">", "data-field=\"cost-per-million\"", " EUR", "Black Friday")
                .contains("there is no record of 30 minutes");
        // Half an hour of 24 is 20.83 of 1,000, and so the line has a hole.
        assertThat(page).contains("<rect class=\"gap\" x=\"541.67\" y=\"0\" width=\"20.83\"");
        write("day", page);
        write(
                "week",
                ReportPage.of(
                        ReportView.of("shop", MadeUpReports.day(10_080, "sale", null), List.of(), 100, Instant.MAX)));
        write(
                "hour",
                ReportPage.of(ReportView.of(
                        "shop", MadeUpReports.day(60, "sale", new Price(0.12, "")), List.of(), 100, Instant.MAX)));
        write("empty", ReportPage.of(ReportView.of("shop", MadeUpReports.empty(60), List.of(), 100, Instant.MAX)));
    }

    private static void write(String name, String page) {
        try {
            Path directory = Files.createDirectories(Path.of("target", "report"));
            Files.writeString(directory.resolve(name + ".html"), page);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 0, 2", "2, 2, 2", "2, 2.1, 4", "2, 5, 6", "2, 11, 20", "10, 99, 100", "2, 20, 20", "10, 4321, 6000"
    })
    void axes_end_at_round_numbers(double least, double value, double top) {
        assertThat(Plot.top(least, value)).isEqualTo(top);
    }
}
