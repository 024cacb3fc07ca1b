package io.tiercel.sidecar;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Several sidecars on one Redis, changed over the HTTP of any of them. */
@Timeout(180)
class FleetSettingsIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final RedisServer server = RedisServer.start();
    private final List<RunningSidecar> pods = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        pods.forEach(RunningSidecar::close);
        server.close();
    }

    private RunningSidecar pod(String name, String... flags) throws StartException {
        List<String> all = new ArrayList<>(
                List.of("--redis", server.uri(), "--pod", name, "--ttl", "60s", "--redis-timeout", "1s"));
        all.addAll(List.of(flags));
        RunningSidecar pod = RunningSidecar.with(all.toArray(String[]::new));
        pods.add(pod);
        return pod;
    }

    private void fleetOf(int size) throws StartException {
        for (int i = 0; i < size; i++) {
            pod("pod-" + i);
        }
        for (RunningSidecar pod : pods) {
            await().until(() -> get(pod, "/admin/fleet").at("/pods").size() == size);
        }
    }

    private static URI uri(RunningSidecar pod, String path) {
        return URI.create("http://127.0.0.1:" + pod.httpPort(true) + path);
    }

    private static JsonNode get(RunningSidecar pod, String path) throws Exception {
        return json(HTTP.send(HttpRequest.newBuilder(uri(pod, path)).build(), BodyHandlers.ofString()));
    }

    private static HttpRequest post(RunningSidecar pod, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(pod, path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    private static HttpResponse<String> send(RunningSidecar pod, String path, String body, String... headers)
            throws Exception {
        return HTTP.send(post(pod, path, body, headers), BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }

    private static long ttl(RunningSidecar pod) throws Exception {
        return get(pod, "/admin/config").at("/fields/ttl/value").asLong();
    }

    private static String source(RunningSidecar pod) throws Exception {
        return get(pod, "/admin/config").at("/fields/ttl/source").asString();
    }

    @Test
    void a_change_at_one_is_made_at_all_and_says_so() throws Exception {
        fleetOf(3);

        HttpResponse<String> response = send(pods.get(1), "/admin/cache/config", "{\"ttl\":3600}");

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode json = json(response);
        assertThat(json.at("/scope").asString()).isEqualTo("fleet");
        assertThat(json.at("/applied/ttl").asLong()).isEqualTo(3600);
        assertThat(json.at("/previous/ttl").asLong()).isEqualTo(60);
        assertThat(json.at("/pods").toString()).isEqualTo("{\"total\":3,\"acked\":3,\"pending\":[]}");
        for (RunningSidecar pod : pods) {
            assertThat(ttl(pod)).isEqualTo(3600);
            assertThat(source(pod)).isEqualTo("fleet");
        }
    }

    @Test
    void a_change_of_one_pod_stays_there_and_counts_before_the_fleets_until_the_fleet_is_reset() throws Exception {
        fleetOf(2);
        RunningSidecar one = pods.get(0);
        RunningSidecar other = pods.get(1);

        assertThat(json(send(one, "/admin/cache/config?scope=pod", "{\"ttl\":10}"))
                        .at("/scope")
                        .asString())
                .isEqualTo("pod");
        send(other, "/admin/cache/config", "{\"ttl\":3600}");

        assertThat(ttl(one)).isEqualTo(10);
        assertThat(source(one)).isEqualTo("override");
        assertThat(ttl(other)).isEqualTo(3600);

        send(other, "/admin/cache/reset", "{}");

        for (RunningSidecar pod : pods) {
            await().atMost(ofSeconds(5)).until(() -> ttl(pod) == 60);
            assertThat(source(pod)).isEqualTo("flag");
        }
    }

    @Test
    void a_change_with_an_end_goes_back_everywhere_when_who_set_it_is_dead() throws Exception {
        fleetOf(3);
        assertThat(send(pods.get(0), "/admin/cache/config", "{\"ttl\":3600,\"expires_in\":\"3s\"}")
                        .statusCode())
                .isEqualTo(200);
        pods.remove(0).close();
        assertThat(ttl(pods.get(0))).isEqualTo(3600);

        for (RunningSidecar pod : pods) {
            await().atMost(ofSeconds(6)).until(() -> ttl(pod) == 60);
        }
    }

    @Test
    void a_new_pod_has_it_before_it_is_ready() throws Exception {
        fleetOf(1);
        send(pods.get(0), "/admin/cache/config", "{\"ttl\":3600}");

        RunningSidecar late = pod("late");

        await().pollInterval(ofMillis(5))
                .until(() -> HTTP.send(
                                        HttpRequest.newBuilder(URI.create(
                                                        "http://127.0.0.1:" + late.httpPort(false) + "/ready"))
                                                .build(),
                                        BodyHandlers.ofString())
                                .statusCode()
                        == 200);
        assertThat(ttl(late)).isEqualTo(3600);
    }

    @Test
    void of_two_who_saw_the_same_version_one_is_refused() throws Exception {
        fleetOf(2);
        String version = send(pods.get(0), "/admin/cache/config", "{\"ttl\":100}")
                .headers()
                .firstValue("ETag")
                .orElseThrow();

        HttpResponse<String> first = send(pods.get(0), "/admin/cache/config", "{\"ttl\":200}", "If-Match", version);
        HttpResponse<String> second = send(pods.get(1), "/admin/cache/config", "{\"ttl\":300}", "If-Match", version);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(second.statusCode()).isEqualTo(412);
        assertThat(ttl(pods.get(1))).isEqualTo(200);
    }

    @Test
    void a_hundred_changes_at_once_at_five_pods_lose_no_field() throws Exception {
        fleetOf(5);
        String[] bodies = {
            "/admin/cache/config {\"ttl\":%d}",
            "/admin/cache/config {\"aggressive\":true}",
            "/admin/config/update {\"queue_max_size\":%d}",
            "/admin/config/update {\"queue_timeout_ms\":%d}",
            "/admin/rate-limit/update {\"burst\":%d}"
        };
        List<CompletableFuture<HttpResponse<String>>> changes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String[] parts = bodies[i / 20].split(" ", 2);
            changes.add(HTTP.sendAsync(
                    post(pods.get(i % 5), parts[0] + "?wait=0s", String.format(parts[1], 1_000 + i)),
                    BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> change : changes) {
            assertThat(change.join().statusCode()).as(change.join().body()).isIn(200, 202);
        }

        for (RunningSidecar pod : pods) {
            await().atMost(ofSeconds(5)).untilAsserted(() -> {
                JsonNode fields = get(pod, "/admin/config").at("/fields");
                assertThat(fields.at("/ttl/value").asLong()).isBetween(1_000L, 1_019L);
                assertThat(fields.at("/aggressive/value").asBoolean()).isTrue();
                assertThat(fields.at("/queue_max_size/value").asLong()).isBetween(1_040L, 1_059L);
                assertThat(fields.at("/queue_timeout_ms/value").asLong()).isBetween(1_060L, 1_079L);
                assertThat(fields.at("/burst/value").asLong()).isBetween(1_080L, 1_099L);
            });
        }
    }

    @Test
    void one_can_go_back_to_an_earlier_version_and_see_who_did_what() throws Exception {
        fleetOf(2);
        long version = json(send(pods.get(0), "/admin/cache/config", "{\"ttl\":100,\"reason\":\"sale\"}"))
                .at("/version")
                .asLong();
        send(pods.get(1), "/admin/cache/config", "{\"ttl\":200,\"aggressive\":true}");

        HttpResponse<String> back = send(pods.get(1), "/admin/config/rollback", "{\"version\":" + version + "}");

        assertThat(back.statusCode()).as(back.body()).isEqualTo(200);
        JsonNode fields = get(pods.get(0), "/admin/config").at("/fields");
        assertThat(fields.at("/ttl/value").asLong()).isEqualTo(100);
        assertThat(fields.at("/aggressive/value").asBoolean()).isFalse();
        JsonNode audit = get(pods.get(0), "/admin/audit").at("/entries");
        assertThat(audit.size()).as(audit.toString()).isEqualTo(3);
        assertThat(audit.at("/2/reason").asString()).isEqualTo("sale");
        assertThat(audit.at("/2/by").asString()).isEqualTo("admin");
        assertThat(audit.at("/2/pod").asString()).isEqualTo("pod-0");
        assertThat(audit.at("/2/changes/0").asString()).as(audit.toString()).isEqualTo("ttl = 100");
        assertThat(send(pods.get(1), "/admin/config/rollback", "{\"version\":999}")
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void without_Redis_the_fleet_cannot_be_told_and_one_pod_can() throws Exception {
        Path state = directory.resolve("state");
        pod("a", "--state-file", state.toString());
        send(pods.get(0), "/admin/cache/config", "{\"ttl\":3600}");
        await().until(() -> Files.exists(state));

        server.kill();

        HttpResponse<String> refused = send(pods.get(0), "/admin/cache/config", "{\"ttl\":5}");
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(json(refused).at("/detail").asString()).contains("?scope=pod");
        assertThat(ttl(pods.get(0))).isEqualTo(3600);
        assertThat(send(pods.get(0), "/admin/cache/config?scope=pod", "{\"ttl\":5}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(ttl(pods.get(0))).isEqualTo(5);

        RunningSidecar late = pod("b", "--state-file", state.toString());
        await().untilAsserted(() -> assertThat(ttl(late)).isEqualTo(3600));
    }

    @Test
    void draining_is_one_pods_own() throws Exception {
        fleetOf(2);

        assertThat(send(pods.get(0), "/admin/drain?scope=fleet", "{}").statusCode())
                .isEqualTo(422);
        assertThat(send(pods.get(0), "/admin/drain", "{}").statusCode()).isEqualTo(200);

        await().until(() ->
                get(pods.get(1), "/admin/fleet").at("/pods/0/state").asString().equals("draining"));
        assertThat(get(pods.get(1), "/api/status").at("/draining").asBoolean()).isFalse();
    }

    @Test
    void a_warm_up_is_made_by_all_pods_or_by_one() throws Exception {
        fleetOf(3);
        for (RunningSidecar pod : pods) {
            await().until(() ->
                    !get(pod, "/admin/cache/warm-up").at("/state").asString().equals("running"));
        }

        HttpResponse<String> begun =
                send(pods.get(0), "/admin/cache/warm-up", "{\"keys\":[\"a|b\",\"\u00fc,\"],\"time_limit\":\"5s\"}");

        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        assertThat(json(begun).at("/scope").asString()).isEqualTo("fleet");
        assertThat(json(begun).at("/pods/acked").asInt()).isEqualTo(3);
        for (RunningSidecar pod : pods) {
            await().untilAsserted(() -> {
                JsonNode job = get(pod, "/admin/cache/warm-up");
                assertThat(job.at("/job").asString()).isEqualTo("w-2");
                assertThat(job.at("/planned").asInt()).isEqualTo(2);
                assertThat(job.at("/state").asString()).isNotEqualTo("running");
            });
        }
        assertThat(send(pods.get(0), "/admin/cache/warm-up?scope=pod", "{}").statusCode())
                .isEqualTo(202);
        assertThat(get(pods.get(1), "/admin/cache/warm-up").at("/job").asString())
                .isEqualTo("w-2");
    }

    @Test
    void who_joins_and_who_leaves_is_among_the_events() throws Exception {
        fleetOf(1);
        RunningSidecar late = pod("late");
        await().untilAsserted(() -> assertThat(
                        get(pods.get(0), "/api/status").at("/events").toString())
                .contains("joined late: 2 pods, 2 reckoned with"));

        pods.remove(late);
        late.close();

        await().atMost(ofSeconds(10))
                .untilAsserted(() -> assertThat(
                                get(pods.get(0), "/api/status").at("/events").toString())
                        .contains("gone late: 1 pods, 2 reckoned with"));
    }

    // ---- events and emergencies

    @Test
    void an_emergency_is_one_call_and_goes_back_by_itself() throws Exception {
        fleetOf(2);
        send(pods.get(0), "/admin/cache/config", "{\"ttl\":100}");
        JsonNode would = json(send(pods.get(0), "/admin/scaling/emergency?dry_run=true", "{\"ttl\":777}"));
        assertThat(would.at("/applied/ttl").asLong()).isEqualTo(777);
        assertThat(would.at("/previous/ttl").asLong()).isEqualTo(100);
        assertThat(ttl(pods.get(0))).isEqualTo(100);

        HttpResponse<String> declared = send(
                pods.get(1),
                "/admin/scaling/emergency",
                "{\"replicas\":12,\"for\":\"4s\",\"ttl\":900,\"requests_per_minute\":500,\"reason\":\"outage\"}");

        assertThat(declared.statusCode()).as(declared.body()).isEqualTo(200);
        for (RunningSidecar pod : pods) {
            JsonNode fields = get(pod, "/admin/config").at("/fields");
            assertThat(fields.at("/ttl/value").asLong()).isEqualTo(900);
            assertThat(fields.at("/ttl/source").asString()).isEqualTo("emergency");
            assertThat(fields.at("/aggressive/value").asBoolean()).isTrue();
            assertThat(fields.at("/queue_max_size/value").asLong()).isEqualTo(10_000);
            assertThat(fields.at("/requests_per_minute/value").asLong()).isEqualTo(500);
            assertThat(get(pod, "/admin/scaling/event")
                            .at("/emergency/replicas")
                            .asInt())
                    .isEqualTo(12);
        }
        for (RunningSidecar pod : pods) {
            await().atMost(ofSeconds(8)).untilAsserted(() -> {
                JsonNode fields = get(pod, "/admin/config").at("/fields");
                assertThat(fields.at("/ttl/value").asLong()).isEqualTo(100);
                assertThat(fields.at("/aggressive/value").asBoolean()).isFalse();
                assertThat(fields.at("/requests_per_minute/value").asLong()).isZero();
                assertThat(get(pod, "/admin/scaling/event").at("/emergency").isNull())
                        .isTrue();
            });
        }
    }

    @Test
    void an_emergency_is_ended_by_one_call() throws Exception {
        fleetOf(2);
        send(pods.get(0), "/admin/scaling/emergency", "{}");
        assertThat(get(pods.get(1), "/admin/scaling/event")
                        .at("/emergency/replicas")
                        .asInt())
                .isEqualTo(20);

        send(pods.get(1), "/admin/scaling/emergency/reset", "{}");

        for (RunningSidecar pod : pods) {
            assertThat(get(pod, "/admin/config").at("/fields/aggressive/value").asBoolean())
                    .isFalse();
            assertThat(get(pod, "/admin/scaling/event").at("/emergency").isNull())
                    .isTrue();
        }
    }

    @Test
    void an_event_changes_settings_while_it_lasts_and_asks_for_pods_before() throws Exception {
        fleetOf(2);
        Instant start = Instant.now().plusSeconds(3);

        HttpResponse<String> planned = send(
                pods.get(0),
                "/admin/scaling/event",
                "{\"name\":\"sale\",\"start\":\"" + start + "\",\"end\":\"" + start.plusSeconds(4)
                        + "\",\"min_replicas\":10,\"lead\":\"10m\",\"profile\":\"aggressive\"}");

        assertThat(planned.statusCode()).as(planned.body()).isEqualTo(200);
        RunningSidecar other = pods.get(1);
        assertThat(get(other, "/admin/scaling/event").at("/events/0/name").asString())
                .isEqualTo("sale");
        assertThat(get(other, "/admin/config").at("/fields/aggressive/value").asBoolean())
                .isFalse();
        await().atMost(ofSeconds(6))
                .until(() -> get(other, "/admin/config")
                        .at("/fields/aggressive/source")
                        .asString()
                        .equals("event:sale"));
        await().atMost(ofSeconds(8))
                .until(() -> !get(other, "/admin/config")
                        .at("/fields/aggressive/value")
                        .asBoolean());
        await().atMost(ofSeconds(5))
                .until(() -> get(other, "/admin/scaling/event").at("/events").isEmpty());
    }

    @Test
    void every_pod_recommends_the_same_and_an_event_lifts_it() throws Exception {
        fleetOf(3);
        Instant start = Instant.now().plusSeconds(30);
        send(
                pods.get(0),
                "/admin/scaling/event",
                "{\"name\":\"sale\",\"start\":\"" + start + "\",\"end\":\"" + start.plusSeconds(60)
                        + "\",\"min_replicas\":10}");

        await().atMost(ofSeconds(60)).pollInterval(ofMillis(500)).untilAsserted(() -> {
            List<String> answers = new ArrayList<>();
            for (RunningSidecar pod : pods) {
                answers.add(get(pod, "/scaling/recommendation").toString());
            }
            assertThat(answers).allMatch(answer -> answer.equals(answers.get(0)));
            JsonNode json = JsonMapper.shared().readTree(answers.get(0));
            assertThat(json.at("/desired_replicas").asInt()).as(answers.get(0)).isEqualTo(10);
            assertThat(json.at("/current_replicas").asInt()).isEqualTo(3);
            assertThat(json.at("/floor/event").asString()).isEqualTo("sale");
        });
    }

    @Test
    void what_the_application_reports_is_a_signal_and_bad_reports_are_named() throws Exception {
        fleetOf(1);
        RunningSidecar pod = pods.get(0);

        assertThat(send(pod, "/admin/metrics/report", "{\"db_connections\":180,\"cpu\":0.4}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(pod, "/admin/metrics/report", "{}").statusCode()).isEqualTo(422);
        assertThat(json(send(pod, "/admin/metrics/report", "{\"db_connections\":-1}"))
                        .at("/errors/0/field")
                        .asString())
                .isEqualTo("db_connections");

        await().atMost(ofSeconds(30)).untilAsserted(() -> {
            JsonNode conflicts = get(pod, "/scaling/recommendation").at("/conflicts");
            assertThat(conflicts.at("/0/name").asString()).isEqualTo("db_connections");
        });
        assertThat(HTTP.send(HttpRequest.newBuilder(uri(pod, "/metrics")).build(), BodyHandlers.ofString())
                        .body())
                .contains("tiercel_scaling_pressure{trigger=\"max\"}")
                .contains("tiercel_fleet_size");
    }
}
