package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What there is to be looked at: the page, its numbers, metrics and keys. */
final class StatusTest {
    private final Serving serving = Serving.start(config -> new HttpConfig(
            "<pod>",
            config.version(),
            config.readOnly(),
            config.admin(),
            List.of(),
            null,
            List.of(),
            true,
            config.limits()));

    @AfterEach
    void close() {
        serving.close();
    }

    @Test
    void the_status_has_every_field_that_the_page_reads() throws Exception {
        serving.post("/admin/cache/config", "{\"ttl\":3600,\"expires_in\":\"1m\"}");
        Awaitility.await().until(() -> !serving.controls.history().samples().isEmpty());

        HttpResponse<String> response = serving.get(serving.open("/api/status"));

        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode json = Serving.json(response);
        assertThat(names(json))
                .containsExactly(
                        "at",
                        "pod",
                        "version",
                        "uptime_ms",
                        "ready",
                        "draining",
                        "status",
                        "tiers",
                        "traffic",
                        "queue",
                        "rate_limit",
                        "warm_up",
                        "fleet",
                        "config",
                        "hot_keys",
                        "events",
                        "history");
        assertThat(json.at("/tiers/1").toString())
                .isEqualTo("{\"tier\":\"l2\",\"kind\":\"redis\",\"state\":\"UP\",\"mode\":\"normal\",\"hits\":5,"
                        + "\"misses\":2,\"errors\":1,\"hit_ratio\":0.7143,\"entries\":-1,\"bytes\":-1,"
                        + "\"maximum_bytes\":-1,\"nodes\":[{\"address\":\"10.0.0.1:6379\",\"up\":true,"
                        + "\"detail\":\"epoch bus\"},{\"address\":\"10.0.0.2:6379\",\"up\":true,\"detail\":\"<b>\"}]}");
        assertThat(json.at("/tiers/2/hit_ratio").isNull()).isTrue();
        assertThat(names(json.at("/traffic")))
                .hasSize(23)
                .contains("l1_hits", "read_errors", "passed_through", "rate_limited", "p50_micros", "p99_micros");
        assertThat(json.at("/queue").toString())
                .isEqualTo("{\"enabled\":true,\"max_size\":10000,\"depth\":6,\"in_flight\":4}");
        assertThat(json.at("/rate_limit").toString())
                .isEqualTo("{\"requests_per_minute\":0,\"burst\":1000,\"per\":\"fleet\",\"pods\":1,\"fallback\":\"\"}");
        assertThat(json.at("/config/0").toString())
                .isEqualTo("{\"name\":\"ttl\",\"value\":\"3600s\",\"source\":\"override\",\"expires_at\":"
                        + Serving.START.plusSeconds(60).toEpochMilli() + "}");
        assertThat(json.at("/hot_keys/0").asString()).isEqualTo("user:1");
        assertThat(names(json.at("/events/0"))).containsExactly("at", "kind", "text");
        JsonNode history = json.at("/history");
        assertThat(names(history))
                .containsExactly(
                        "step_ms",
                        "at",
                        "commands",
                        "l1_hits",
                        "l2_hits",
                        "l3_hits",
                        "misses",
                        "errors",
                        "p50_micros",
                        "p99_micros",
                        "in_flight",
                        "queued");
        history.properties().stream()
                .filter(column -> column.getValue().isArray())
                .forEach(column -> assertThat(column.getValue().size())
                        .as(column.getKey())
                        .isEqualTo(history.at("/at").size())
                        .isPositive());
    }

    private static List<String> names(JsonNode json) {
        return List.copyOf(json.propertyNames());
    }

    @Test
    void hot_keys_are_shown_only_where_that_was_asked_for() throws Exception {
        try (Serving shy = Serving.start()) {
            assertThat(Serving.json(shy.get(shy.open("/api/status")))
                            .at("/hot_keys")
                            .isNull())
                    .isTrue();
            assertThat(shy.get(shy.open("/")).body()).doesNotContain("user:1").contains("hot-keys: true");
        }
    }

    @Test
    void the_page_has_the_numbers_in_it_and_nothing_of_others_as_markup() throws Exception {
        serving.controls.events().add("tier", "<script>alert('event')</script>");
        serving.post("/admin/cache/warm-up", "{}");

        HttpResponse<String> page = serving.get(serving.open("/"));

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.body())
                .startsWith("<!DOCTYPE html>")
                .doesNotContain("<!--SERVER-RENDERED-->", "<script>alert", "<pod>")
                .contains("<td>&lt;b&gt;</td>")
                .contains("&lt;script&gt;alert(&#39;event&#39;)&lt;/script&gt;", "&lt;pod&gt;")
                .contains("<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>")
                .contains("<section id=\"tiers\">", "data-field=\"l1-hit-ratio\">93.0 %", "10.0.0.1:6379")
                .contains("data-field=\"p99\">19.6 ms", "data-field=\"commands\">1,000<")
                .contains("<progress value=\"70\" max=\"100\"", "resp-port", "***");
    }

    @Test
    void the_page_has_the_places_that_its_script_takes_over() throws Exception {
        serving.post("/admin/cache/warm-up", "{}");
        String example = new String(Resources.required("page/fragment-example.html"), UTF_8);
        String page = serving.get(serving.open("/")).body();

        Pattern places = Pattern.compile("data-field=\"[^\"]+\"|<section id=\"[^\"]+\"|<table class=\"[^\"]+\"");
        List<String> wanted = places.matcher(example)
                .results()
                .map(MatchResult::group)
                // This one's servers are not known to the fake backend, and it has no fleet: see FleetFragmentTest.
                .filter(place -> !place.contains("l3-nodes") && !place.matches(".*(\"fleet-|\"pods\").*"))
                .toList();
        assertThat(wanted).hasSizeGreaterThan(50);
        assertThat(page).contains(wanted);
    }

    @ParameterizedTest
    @CsvSource({
        "/page/page.css, text/css; charset=utf-8",
        "/page/page.js, text/javascript; charset=utf-8",
        "/page/icon.svg, image/svg+xml",
        "/page/lib/uPlot.iife.min.js, text/javascript; charset=utf-8",
        "/page/lib/uPlot.min.css, text/css; charset=utf-8"
    })
    void the_page_gets_its_files(String path, String type) throws Exception {
        HttpResponse<String> file = serving.get(serving.open(path));

        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(file.headers().firstValue("Content-Type")).hasValue(type);
        assertThat(file.body()).hasSizeGreaterThan(100);
    }

    @Test
    void metrics_are_there_for_prometheus_and_hold_no_key() throws Exception {
        HttpResponse<String> metrics = serving.get(serving.open("/metrics"));

        assertThat(metrics.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain"));
        assertThat(metrics.body())
                .contains("tiercel_sidecar_commands_total 1000.0")
                .contains("tiercel_sidecar_reads_total{answer=\"l1\"} 600.0")
                .contains("tiercel_sidecar_reads_total{answer=\"error\"} 5.0")
                .contains("tiercel_sidecar_refused_total{reason=\"overload\"} 8.0")
                .contains("tiercel_sidecar_latency_seconds{quantile=\"0.99\"} 0.0196")
                .contains("tiercel_sidecar_tier_hits_total{tier=\"l2\"} 5.0")
                .contains("tiercel_sidecar_tier_up{tier=\"l3\"} 1.0")
                .contains("tiercel_sidecar_tier_bytes{tier=\"l2\"} NaN")
                .contains("tiercel_sidecar_ready 1.0")
                .contains("jvm_memory_used_bytes")
                .doesNotContain("user:1");
        serving.backend.commands.set(2_000);
        Awaitility.await()
                .until(() -> serving.get(serving.open("/metrics")).body().contains("commands_total 2000.0"));
    }

    @Test
    void a_key_is_looked_up_by_its_exact_name() throws Exception {
        String[][] keys = {
            {"user:1", "user:1"},
            {"a%2Fb", "a/b"},
            {"a/b/c", "a/b/c"},
            {"%C3%BC%E2%82%AC%F0%9F%98%80", "\u00fc\u20ac\ud83d\ude00"},
            {"a+b%20c%2B", "a+b c+"},
            {"..%2f..", "../.."},
            {"%00%0d%0aX:%201", "\u0000\r\nX: 1"},
            {"q?x=1", "q"}
        };
        for (String[] key : keys) {
            HttpResponse<String> response = serving.get(serving.open("/cache/keys/" + key[0]));

            assertThat(response.statusCode()).as(key[0]).isEqualTo(200);
            assertThat(Serving.json(response).at("/key").asString()).isEqualTo(key[1]);
            assertThat(Serving.json(response).at("/answered_by").asString()).isEqualTo("none");
        }
        assertThat(serving.get(serving.open("/cache/keys/a")).body())
                .isEqualTo("{\"key\":\"a\",\"answered_by\":\"none\",\"places\":[{\"tier\":\"l1\",\"status\":\"absent\","
                        + "\"age_ms\":null,\"ttl_ms\":null,\"bytes\":null,\"node\":\"\"}]}");
    }

    @Test
    void stats_are_what_was_counted() throws Exception {
        JsonNode stats = Serving.json(serving.get(serving.open("/cache/stats")));

        assertThat(stats.at("/traffic/commands").asInt()).isEqualTo(1_000);
        assertThat(stats.at("/tiers/0/hit_ratio").asDouble()).isEqualTo(0.93);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 s", "999, 1.0 s", "59000, 59 s", "61000, 1 min 1 s", "3600000, 1 h 0 min", "187200000, 2 d 4 h"})
    void times_are_written_for_people(long millis, String text) {
        assertThat(Units.duration(millis)).isEqualTo(text);
        assertThat(Units.bytes(1_536)).isEqualTo("1.5 KiB");
        assertThat(Units.micros(Duration.ofSeconds(2).toNanos() / 1_000)).isEqualTo("2 s");
    }
}
