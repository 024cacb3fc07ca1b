package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What is wrong is refused by name, and leaves everything as it was. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
    private static final String CACHE = "/admin/cache/config";
    private static final String QUEUE = "/admin/config/update";
    private static final String RATE = "/admin/rate-limit/update";
    private static final String WARM = "/admin/cache/warm-up";
    private static final String GONE = "/admin/cache/invalidate";
    private static final String L2 = "/admin/tiers/l2";

    private final Serving serving =
            Serving.start(config -> Serving.with(config, Serving.limits(Duration.ofSeconds(10))));
    private String before = "";

    @BeforeAll
    void remember() throws Exception {
        before = state();
    }

    @AfterAll
    void close() {
        serving.close();
    }

    /** Everything that a change could change. */
    private String state() throws Exception {
        return serving.get(serving.admin("/admin/config")).body()
                + serving.live.cache()
                + serving.live.queue()
                + serving.live.rate()
                + serving.backend.modes
                + serving.backend.invalidated
                + serving.backend.plans
                + serving.controls.events().latest();
    }

    /**
     * A request that is refused.
     *
     * @param field which the answer must name, empty for none
     */
    record Case(String method, String path, List<String> headers, String body, int status, String field) {
        @Override
        public String toString() {
            return method + " " + path + " " + headers + " "
                    + (body.length() > 60 ? body.substring(0, 60) + "..." : body) + " -> " + status;
        }
    }

    private static final class Cases {
        private final List<Case> all = new ArrayList<>();

        void invalid(String path, String body, String field) {
            all.add(new Case("POST", path, List.of(), body, 422, field));
        }

        void malformed(String path, String body, String field) {
            all.add(new Case("POST", path, List.of(), body, 400, field));
        }

        void refused(int status, String method, String path, String body, String... headers) {
            all.add(new Case(method, path, List.of(headers), body, status, ""));
        }
    }

    static List<Case> cases() {
        Cases cases = new Cases();
        malformedJson(cases);
        cacheSettings(cases);
        queueSettings(cases);
        rateSettings(cases);
        timesAndReasons(cases);
        warmUps(cases);
        invalidations(cases);
        tiersAndDraining(cases);
        requests(cases);
        return cases.all;
    }

    private static void malformedJson(Cases cases) {
        for (String body : List.of(
                "{",
                "{\"ttl\"}",
                "{\"ttl\":}",
                "{\"ttl\":60,}",
                "{ttl:60}",
                "{'ttl':60}",
                "{\"ttl\":060}",
                "{\"ttl\":+60}",
                "{\"ttl\":.5}",
                "{\"ttl\":5.}",
                "{\"ttl\":0x3C}",
                "{\"ttl\":NaN}",
                "{\"ttl\":Infinity}",
                "{\"ttl\":-Infinity}",
                "{\"ttl\":True}",
                "{\"ttl\":60} x",
                "{\"ttl\":60}{}",
                "{\"ttl\":60}\u0000",
                "{/* sixty */\"ttl\":60}",
                "{\"ttl\":60 // sixty\n}",
                "{\"ttl\":\"\u0001\"}",
                "{\"ttl\":\"\\x\"}",
                "{\"ttl\":\"\\u12\"}",
                "{\"ttl\":\"60}",
                "{\"ttl\":" + "9".repeat(200) + "}",
                "{\"ttl\":[[[[[[1]]]]]]}",
                "{\"ttl\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}",
                "{\"ttl\":" + "[".repeat(10_000) + "}")) {
            cases.malformed(CACHE, body, "");
        }
        cases.malformed(CACHE, "{\"ttl\":60,\"ttl\":61}", "ttl");
        cases.malformed(CACHE, "{\"ttl\":60,\"\\u0074tl\":60}", "ttl");
        cases.malformed(CACHE, "{\"ttl\":60,\"ttl\":null}", "ttl");
        cases.malformed(CACHE, "{\"ttl\":{\"a\":1,\"a\":2}}", "ttl.a");
        cases.malformed(GONE, "{\"keys\":[\"\\ud800\"]}", "keys");
        cases.malformed(CACHE, "{\"\\udc00\":1}", "");
        for (String body :
                List.of("}", "[]", "[{\"ttl\":60}]", "60", "\"ttl\"", "true", "null", "ttl=60&aggressive=true")) {
            cases.refused(400, "POST", CACHE, body, "Content-Type", "application/json");
            cases.refused(415, "POST", CACHE, body, "Content-Type", "application/x-www-form-urlencoded");
        }
    }

    private static void cacheSettings(Cases cases) {
        for (String value : List.of(
                "0",
                "-1",
                "2592001",
                "9223372036854775807",
                "9223372036854775808",
                "1.5",
                "1.0",
                "6e1",
                "1e400",
                "\"60\"",
                "\"60s\"",
                "\"\"",
                "true",
                "null",
                "[60]",
                "{}")) {
            cases.invalid(CACHE, "{\"ttl\":" + value + "}", "ttl");
        }
        for (String value : List.of("0", "1", "\"true\"", "\"yes\"", "null", "[]", "{}")) {
            cases.invalid(CACHE, "{\"aggressive\":" + value + "}", "aggressive");
        }
        cases.invalid(CACHE, "", "ttl");
        cases.invalid(CACHE, "{}", "ttl");
        cases.invalid(CACHE, "{\"reason\":\"none\"}", "ttl");
        cases.invalid(CACHE, "{\"ttl\":60,\"tll\":60}", "tll");
        cases.invalid(CACHE, "{\"TTL\":60}", "TTL");
        cases.invalid(CACHE, "{\"ttl\":60,\"\":1}", "");
        cases.invalid(CACHE, "{\"ttl\":60,\"queue_enabled\":true}", "queue_enabled");
        cases.invalid(CACHE, "{\"ttl\":60,\"__proto__\":{}}", "__proto__");
        cases.invalid(CACHE, "{\"ttl\":60,\"class\":\"java.lang.Runtime\"}", "class");
        // The valid one of two is not applied either.
        cases.invalid(CACHE, "{\"ttl\":61,\"aggressive\":\"no\"}", "aggressive");
        cases.invalid("/admin/cache/reset", "{\"ttl\":60}", "ttl");
        cases.invalid("/admin/cache/reset", "{\"expires_in\":\"1m\"}", "expires_in");
    }

    private static void queueSettings(Cases cases) {
        for (String value : List.of("0", "-5", "1000001", "1.5", "\"10000\"", "false", "null")) {
            cases.invalid(QUEUE, "{\"queue_max_size\":" + value + "}", "queue_max_size");
        }
        for (String value : List.of("0", "60001", "0.5", "\"500ms\"", "null")) {
            cases.invalid(QUEUE, "{\"queue_timeout_ms\":" + value + "}", "queue_timeout_ms");
        }
        for (String value : List.of("1", "\"on\"", "null")) {
            cases.invalid(QUEUE, "{\"queue_enabled\":" + value + "}", "queue_enabled");
        }
        cases.invalid(QUEUE, "{}", "queue_enabled");
        cases.invalid(QUEUE, "{\"queue_max_size\":20000,\"queue_timeout_ms\":0}", "queue_timeout_ms");
        cases.invalid(QUEUE, "{\"queue_maxsize\":20000}", "queue_maxsize");
        cases.invalid("/admin/config/reset", "{\"fields\":[]}", "fields");
        cases.invalid("/admin/config/reset", "{\"fields\":\"queue_max_size\"}", "fields");
        cases.invalid("/admin/config/reset", "{\"fields\":[\"ttl\"]}", "fields");
        cases.invalid("/admin/config/reset", "{\"fields\":[\"nothing\"]}", "fields");
        cases.invalid("/admin/config/reset", "{\"fields\":[1]}", "fields");
        cases.invalid("/admin/config/reset", "{\"field\":[\"queue_max_size\"]}", "field");
    }

    private static void rateSettings(Cases cases) {
        for (String value : List.of("-1", "1000000001", "500.5", "\"500\"", "null", "true")) {
            cases.invalid(RATE, "{\"requests_per_minute\":" + value + "}", "requests_per_minute");
        }
        for (String value : List.of("0", "-1", "1000000001", "\"1000\"", "null")) {
            cases.invalid(RATE, "{\"burst\":" + value + "}", "burst");
        }
        cases.invalid(RATE, "{}", "requests_per_minute");
        for (String value : List.of("\"\"", "\"Fleet\"", "\"cluster\"", "\"normal\"", "1", "true", "null")) {
            cases.invalid(RATE, "{\"requests_per_minute\":500,\"burst\":1000,\"per\":" + value + "}", "per");
        }
        cases.invalid("/admin/rate-limit/reset", "{\"burst\":1}", "burst");
    }

    private static void timesAndReasons(Cases cases) {
        for (String value : List.of(
                "30",
                "\"30\"",
                "\"\"",
                "\"30x\"",
                "\"-1s\"",
                "\"0s\"",
                "\"999ms\"",
                "\"31d\"",
                "\"1.5h\"",
                "\" 1m\"",
                "\"9999999999s\"",
                "null",
                "true")) {
            cases.invalid(CACHE, "{\"ttl\":61,\"expires_in\":" + value + "}", "expires_in");
        }
        cases.invalid(CACHE, "{\"ttl\":61,\"reason\":5}", "reason");
        cases.invalid(CACHE, "{\"ttl\":61,\"reason\":\"" + "x".repeat(201) + "\"}", "reason");
        cases.all.add(new Case("POST", CACHE + "?dry_run=yes", List.of(), "{\"ttl\":61}", 422, "dry_run"));
        cases.all.add(new Case("POST", CACHE + "?dry_run", List.of(), "{\"ttl\":61}", 422, "dry_run"));
        cases.all.add(new Case("POST", CACHE + "?dryrun=true", List.of(), "{\"ttl\":61}", 422, "dryrun"));
        cases.all.add(
                new Case("POST", CACHE + "?dry_run=true&dry_run=false", List.of(), "{\"ttl\":61}", 422, "dry_run"));
        cases.all.add(new Case("POST", CACHE + "?scope=fleet", List.of(), "{\"ttl\":61}", 422, "scope"));
        cases.all.add(new Case("POST", CACHE + "?token=secret", List.of(), "{\"ttl\":61}", 422, "token"));
        cases.refused(412, "POST", CACHE, "{\"ttl\":61}", "If-Match", "\"99\"");
        cases.refused(412, "POST", GONE, "{\"keys\":[\"a\"]}", "If-Match", "\"99\"");
        cases.refused(412, "POST", WARM, "{}", "If-Match", "\"99\"");
        cases.refused(400, "POST", CACHE, "{\"ttl\":61}", "If-Match", "1");
        cases.refused(400, "POST", CACHE, "{\"ttl\":61}", "If-Match", "W/\"1\"");
        cases.refused(400, "POST", CACHE, "{\"ttl\":61}", "If-Match", "\"one\"");
        cases.refused(400, "POST", CACHE, "{\"ttl\":61}", "If-Match", "\"99999999999999999999\"");
    }

    private static void warmUps(Cases cases) {
        cases.invalid(WARM, "{\"keys\":[]}", "keys");
        cases.invalid(WARM, "{\"keys\":\"a\"}", "keys");
        cases.invalid(WARM, "{\"keys\":[\"a\",1]}", "keys");
        cases.invalid(WARM, "{\"keys\":[\"a\",null]}", "keys");
        cases.invalid(WARM, "{\"keys\":[\"a\"],\"pattern\":\"*\"}", "pattern");
        cases.invalid(WARM, "{\"pattern\":\"\"}", "pattern");
        cases.invalid(WARM, "{\"pattern\":\"" + "p".repeat(1_025) + "\"}", "pattern");
        cases.invalid(WARM, "{\"max_keys\":0}", "max_keys");
        cases.invalid(WARM, "{\"max_keys\":1000001}", "max_keys");
        cases.invalid(WARM, "{\"max_keys\":\"5\"}", "max_keys");
        cases.invalid(WARM, "{\"max_bytes\":0}", "max_bytes");
        cases.invalid(WARM, "{\"max_bytes\":1.5}", "max_bytes");
        cases.invalid(WARM, "{\"time_limit\":20}", "time_limit");
        cases.invalid(WARM, "{\"time_limit\":\"99ms\"}", "time_limit");
        cases.invalid(WARM, "{\"time_limit\":\"11m\"}", "time_limit");
        cases.invalid(WARM, "{\"source\":\"http://example.org/keys\"}", "source");
        cases.invalid(WARM, "{\"source\":\"L2\"}", "source");
        cases.invalid(WARM, "{\"source\":\"keys\"}", "keys");
        cases.invalid(WARM, "{\"source\":\"l2\",\"keys\":[\"a\"]}", "source");
        cases.invalid(WARM, "{\"source\":\"peers\",\"pattern\":\"*\"}", "source");
        cases.invalid(WARM, "{\"rate\":0}", "rate");
        cases.invalid(WARM, "{\"concurrency\":65}", "concurrency");
    }

    private static void invalidations(Cases cases) {
        cases.invalid(GONE, "{}", "keys");
        cases.invalid(GONE, "{\"keys\":[\"a\"],\"prefix\":\"b\"}", "keys");
        cases.invalid(GONE, "{\"keys\":[]}", "keys");
        cases.invalid(GONE, "{\"keys\":[[\"a\"]]}", "keys");
        cases.invalid(GONE, "{\"keys\":{\"a\":1}}", "keys");
        cases.invalid(GONE, "{\"keys\":null}", "keys");
        cases.invalid(GONE, "{\"keys\":[" + "\"\",".repeat(10_000) + "\"\"]}", "keys");
        cases.invalid(GONE, "{\"prefix\":\"\"}", "prefix");
        cases.invalid(GONE, "{\"prefix\":7}", "prefix");
        cases.invalid(GONE, "{\"tags\":[\"t\"]}", "tags");
    }

    private static void tiersAndDraining(Cases cases) {
        for (String body : List.of(
                "{}",
                "{\"mode\":\"NORMAL\"}",
                "{\"mode\":\"read_only\"}",
                "{\"mode\":\"off\"}",
                "{\"mode\":1}",
                "{\"mode\":null}")) {
            cases.invalid(L2, body, "mode");
        }
        cases.invalid(L2, "{\"mode\":\"bypass\",\"grace\":\"1s\"}", "grace");
        cases.invalid("/admin/drain", "{\"grace\":\"10s\"}", "grace");
        cases.invalid("/admin/drain", "{\"draining\":false}", "draining");
        cases.invalid("/admin/undrain", "{\"expires_in\":\"1m\"}", "expires_in");
        for (String tier : List.of("l1", "l4", "L2", "l2/", "", "%6c1", "l2%00", "..%2fl2")) {
            cases.refused(404, "POST", "/admin/tiers/" + tier, "{\"mode\":\"bypass\"}");
        }
    }

    private static void requests(Cases cases) {
        cases.refused(404, "GET", "/nothing", "");
        cases.refused(404, "GET", "/health/", "");
        cases.refused(404, "GET", "//health", "");
        cases.refused(404, "GET", "/HEALTH", "");
        cases.refused(404, "GET", "/page/../openapi.json", "");
        cases.refused(404, "GET", "/page/..%2Fopenapi.json", "");
        cases.refused(404, "GET", "/page/index.html", "");
        cases.refused(404, "GET", "/page/lib/uPlot.esm.js", "");
        cases.refused(404, "POST", "/admin/nothing", "{}");
        cases.refused(404, "GET", "/admin", "");
        cases.refused(400, "GET", "/cache/keys/%ff", "");
        cases.refused(400, "GET", "/cache/keys/%c3%28", "");
        cases.refused(405, "POST", "/health", "{}");
        cases.refused(405, "DELETE", CACHE, "");
        cases.refused(405, "GET", CACHE, "");
        cases.refused(405, "PUT", CACHE, "{\"ttl\":61}");
        cases.refused(405, "PATCH", "/admin/config", "{\"ttl\":61}");
        cases.refused(405, "OPTIONS", CACHE, "");
        cases.refused(405, "TRACE", "/health", "");
        cases.refused(405, "NONSENSE", "/health", "");
        cases.refused(413, "POST", CACHE, "{\"reason\":\"" + "x".repeat(70_000) + "\"}");
        cases.refused(414, "GET", "/cache/keys/" + "k".repeat(9_000), "");
        cases.refused(431, "GET", "/health", "", "X-Long", "x".repeat(9_000));
        for (String type : List.of(
                "application/json; charset=iso-8859-1",
                "application/json; charset=utf-16",
                "application/json; version=2",
                "application/jsonp",
                "application/ld+json",
                "application/json, text/plain")) {
            cases.refused(415, "POST", CACHE, "{\"ttl\":61}", "Content-Type", type);
        }
        cases.refused(415, "POST", CACHE, "ttl=61", "Content-Type", "text/plain");
        cases.refused(415, "POST", CACHE, "ttl: 61", "Content-Type", "application/yaml");
        cases.refused(415, "POST", CACHE, "--x\r\n\r\n{}\r\n--x--", "Content-Type", "multipart/form-data; boundary=x");
        cases.refused(415, "POST", CACHE, "{\"ttl\":61}", "Content-Encoding", "gzip");
        for (String origin : List.of("https://example.org", "null", "http://127.0.0.1", "http://localhost:8081")) {
            cases.refused(403, "POST", CACHE, "{\"ttl\":61}", "Origin", origin);
        }
        cases.refused(403, "POST", CACHE, "{\"ttl\":61}", "Sec-Fetch-Site", "cross-site");
        cases.refused(403, "DELETE", WARM, "", "Origin", "https://example.org");
        for (String header : List.of("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")) {
            cases.refused(403, "POST", CACHE, "{\"ttl\":61}", header, "10.0.0.9");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void is_refused(Case bad) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(serving.admin(bad.path()))
                .method(
                        bad.method(),
                        bad.body().isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(bad.body()));

        HttpResponse<String> response = serving.send(request, bad.headers().toArray(String[]::new));

        assertThat(response.statusCode()).as(response.body()).isEqualTo(bad.status());
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = Serving.json(response);
        assertThat(problem.at("/status").asInt()).isEqualTo(bad.status());
        assertThat(problem.at("/type").asString()).isEqualTo("about:blank");
        assertThat(problem.at("/title").asString()).isNotBlank();
        assertThat(problem.at("/detail").asString()).isNotBlank();
        assertThat(response.body()).doesNotContainIgnoringCase("exception").doesNotContain("java", "jackson", "netty");
        if (bad.status() == 422 || !bad.field().isEmpty()) {
            assertThat(problem.at("/errors")
                            .valueStream()
                            .map(error -> error.at("/field").asString()))
                    .contains(bad.field());
        }
        if (bad.status() == 405) {
            assertThat(response.headers().firstValue("Allow")).isPresent();
        }
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void there_are_as_many_cases_as_were_asked_for() {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(100).doesNotHaveDuplicates();
    }

    @Test
    void all_faults_are_told_at_once() throws Exception {
        HttpResponse<String> response = serving.post(
                CACHE, "{\"ttl\":0,\"aggressive\":1,\"colour\":\"red\",\"expires_in\":5,\"reason\":false}");

        assertThat(Serving.json(response)
                        .at("/errors")
                        .valueStream()
                        .map(error -> error.at("/field").asString()))
                .containsExactlyInAnyOrder("ttl", "aggressive", "colour", "expires_in", "reason");
    }

    @Test
    void bytes_that_are_no_utf_8_are_refused() throws Exception {
        for (byte[] bad : List.of(
                new byte[] {(byte) 0xFF},
                new byte[] {(byte) 0xC0, (byte) 0xAF},
                new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
                new byte[] {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
                new byte[] {(byte) 0xE2, (byte) 0x82})) {
            byte[] head = "{\"keys\":[\"".getBytes(StandardCharsets.UTF_8);
            byte[] tail = "\"]}".getBytes(StandardCharsets.UTF_8);
            HttpResponse<String> response = serving.send(HttpRequest.newBuilder(serving.admin(GONE))
                    .POST(BodyPublishers.ofByteArrays(List.of(head, bad, tail))));

            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(Serving.json(response).at("/detail").asString()).isEqualTo("The body is not UTF-8.");
        }
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void a_name_that_is_sent_back_is_cut_and_cleaned() throws Exception {
        HttpResponse<String> response =
                serving.post(CACHE, "{\"ttl\":60,\"" + "\\u001b[2J" + "n".repeat(500) + "\":1}");

        String field = Serving.json(response).at("/errors/0/field").asString();
        assertThat(field).startsWith("?[2J").hasSize(64);
    }
}
