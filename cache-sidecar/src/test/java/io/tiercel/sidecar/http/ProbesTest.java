package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.sidecar.control.TierStatus.State;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpRun;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What an orchestrator asks, and what it must not conclude. */
final class ProbesTest {
    private final Serving serving = Serving.start();

    @AfterEach
    void close() {
        serving.close();
    }

    @Test
    void a_process_that_serves_is_healthy_whatever_redis_does() throws Exception {
        assertThat(serving.get(serving.open("/health")).statusCode()).isEqualTo(200);
        serving.backend.l2 = State.DOWN;

        HttpResponse<String> health = serving.get(serving.open("/health"));

        assertThat(health.statusCode()).isEqualTo(200);
        JsonNode json = Serving.json(health);
        assertThat(json.at("/status").asString()).isEqualTo("DEGRADED");
        assertThat(json.at("/tiers/l1/state").asString()).isEqualTo("UP");
        assertThat(json.at("/tiers/l2/state").asString()).isEqualTo("DOWN");
        assertThat(json.at("/tiers/l2/nodes_up").asInt()).isEqualTo(1);
        assertThat(serving.get(serving.admin("/api/health")).body()).isEqualTo(health.body());
    }

    @Test
    void a_process_that_cannot_serve_says_so() throws Exception {
        serving.controls.readiness().unable("the Redis port is closed");

        HttpResponse<String> health = serving.get(serving.open("/health"));

        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(Serving.json(health).at("/status").asString()).isEqualTo("DOWN");
        assertThat(serving.get(serving.open("/ready")).statusCode()).isEqualTo(503);
    }

    @Test
    void started_is_said_once_clients_can_connect() throws Exception {
        assertThat(serving.get(serving.open("/health/started")).statusCode()).isEqualTo(200);
        assertThat(serving.get(serving.open("/ready")).statusCode()).isEqualTo(200);
    }

    @Test
    void warming_up_keeps_clients_away_until_it_ends() throws Exception {
        serving.controls.warmUps().begin(plan(), Duration.ofSeconds(20), "");

        JsonNode warming = ready(503);
        assertThat(warming.at("/ready").asBoolean()).isFalse();
        assertThat(warming.at("/warm/state").asString()).isEqualTo("running");
        assertThat(warming.at("/warm/read").asInt()).isEqualTo(40);
        assertThat(warming.at("/reason").asString()).isEqualTo("warming up");

        serving.backend.runs.get(0).end(WarmUpRun.State.DONE);

        assertThat(ready(200).at("/warm/state").asString()).isEqualTo("done");
    }

    @Test
    void clients_are_let_in_at_nine_tenths_of_the_hot_weight_and_told_why_from_then_on() throws Exception {
        serving.controls.warmUps().begin(plan(), Duration.ofSeconds(20), "");
        FakeBackend.Run run = serving.backend.runs.get(0);
        run.weight = .899;
        assertThat(ready(503).at("/warm/reason").asString()).isEmpty();

        run.weight = .9;

        JsonNode open = ready(200);
        assertThat(open.at("/warm/state").asString()).isEqualTo("running");
        assertThat(open.at("/warm/reason").asString()).isEqualTo("hot weight 90 %");
        assertThat(open.at("/warm/weight_percent").asDouble()).isEqualTo(90);
        // Keys that end meanwhile make it less, but who was let in stays.
        run.weight = .5;
        assertThat(ready(200).at("/warm/reason").asString()).isEqualTo("hot weight 90 %");
    }

    @Test
    void what_lets_clients_in_is_remembered_also_if_nobody_asks_at_that_time() throws Exception {
        serving.controls.warmUps().begin(plan(), Duration.ofSeconds(20), "");
        serving.time.updateAndGet(now -> now.plusSeconds(20));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> serving.controls.warmUps().opened().equals("deadline"));

        serving.backend.runs.get(0).end(WarmUpRun.State.DONE);

        assertThat(ready(200).at("/warm/reason").asString()).isEqualTo("deadline");
    }

    @Test
    void a_later_warm_up_does_not_close_what_was_open() throws Exception {
        serving.controls.warmUps().begin(plan(), Duration.ofSeconds(20), "");
        serving.backend.runs.get(0).end(WarmUpRun.State.FAILED);
        assertThat(ready(200).at("/warm/reason").asString()).isEqualTo("hot weight 90 %");

        assertThat(serving.post("/admin/cache/warm-up", "{}").statusCode()).isEqualTo(202);

        assertThat(ready(200).at("/warm/reason").asString()).isEmpty();
    }

    @Test
    void warming_up_keeps_clients_away_no_longer_than_its_time_limit() throws Exception {
        serving.controls.warmUps().begin(plan(), Duration.ofSeconds(20), "");
        serving.time.updateAndGet(now -> now.plusMillis(19_999));
        ready(503);

        serving.time.updateAndGet(now -> now.plusMillis(1));

        assertThat(ready(200).at("/warm/state").asString()).isEqualTo("running");
    }

    @Test
    void a_warm_up_that_is_asked_for_later_keeps_nobody_away() throws Exception {
        assertThat(serving.post("/admin/cache/warm-up", "{}").statusCode()).isEqualTo(202);

        assertThat(ready(200).at("/warm/state").asString()).isEqualTo("running");
    }

    @Test
    void draining_keeps_clients_away_and_can_be_called_off() throws Exception {
        List<Boolean> told = new CopyOnWriteArrayList<>();
        serving.controls.onDrain(told::add);

        assertThat(serving.post("/admin/drain", "{}").statusCode()).isEqualTo(200);
        assertThat(ready(503).at("/draining").asBoolean()).isTrue();
        assertThat(serving.post("/admin/undrain", "").statusCode()).isEqualTo(200);

        assertThat(ready(200).at("/draining").asBoolean()).isFalse();
        assertThat(told).containsExactly(true, false);
    }

    @Test
    void draining_for_good_cannot_be_called_off() throws Exception {
        serving.controls.drainForGood("SIGTERM");

        HttpResponse<String> refused = serving.post("/admin/undrain", "{}");

        assertThat(refused.statusCode()).isEqualTo(409);
        ready(503);
        assertThat(serving.get(serving.open("/health")).statusCode()).isEqualTo(200);
    }

    @Test
    void the_head_alone_can_be_asked_for() throws Exception {
        HttpResponse<String> head =
                serving.send(HttpRequest.newBuilder(serving.open("/ready")).method("HEAD", BodyPublishers.noBody()));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValueAsLong("Content-Length").orElseThrow())
                .isGreaterThan(10);
    }

    private JsonNode ready(int status) throws Exception {
        HttpResponse<String> response = serving.get(serving.open("/ready"));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return Serving.json(response);
    }

    private static WarmUpPlan plan() {
        return WarmUpPlan.ofHotLists(100, 1_000, Duration.ofMinutes(2));
    }
}
