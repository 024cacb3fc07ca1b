package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.TierMode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Changes take effect, say what they did, and go back when they are to. */
final class ChangesTest {
    private final Serving serving =
            Serving.start(config -> Serving.with(config, Serving.limits(Duration.ofSeconds(10))));

    @AfterEach
    void close() {
        serving.close();
    }

    private JsonNode changed(String path, String body, String... headers) throws Exception {
        HttpResponse<String> response = serving.post(path, body, headers);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Serving.json(response);
    }

    @Test
    void a_change_says_what_was_what_is_and_what_belongs_with_it() throws Exception {
        JsonNode reply = changed("/admin/cache/config", "{\"ttl\":3600}");

        assertThat(reply.toString())
                .isEqualTo("{\"version\":2,\"scope\":\"pod\",\"applied\":{\"ttl\":3600},\"previous\":{\"ttl\":60},"
                        + "\"effective\":{\"ttl\":3600,\"aggressive\":false},\"expires_at\":null}");
        assertThat(serving.live.cache()).isEqualTo(new CacheSettings(Duration.ofHours(1), false));
    }

    @Test
    void a_change_of_another_field_leaves_the_first_alone() throws Exception {
        changed("/admin/cache/config", "{\"ttl\":3600}");
        JsonNode reply = changed("/admin/cache/config", "{\"aggressive\":true}");

        assertThat(reply.at("/version").asInt()).isEqualTo(3);
        assertThat(serving.live.cache()).isEqualTo(new CacheSettings(Duration.ofHours(1), true));
    }

    @Test
    void reset_goes_back_to_the_start_and_drops_no_data() throws Exception {
        changed("/admin/cache/config", "{\"ttl\":3600,\"aggressive\":true}");
        changed("/admin/config/update", "{\"queue_enabled\":false,\"queue_max_size\":5,\"queue_timeout_ms\":20}");
        changed("/admin/rate-limit/update", "{\"requests_per_minute\":500,\"burst\":1000}");
        assertThat(serving.live.queue()).isEqualTo(new QueueSettings(false, 5, Duration.ofMillis(20)));
        assertThat(serving.live.rate()).isEqualTo(new RateSettings(500, 1_000, RateScope.FLEET));

        changed("/admin/cache/reset", "");
        changed("/admin/config/reset", "{\"fields\":[\"queue_max_size\",\"queue_enabled\"]}");
        assertThat(serving.live.queue()).isEqualTo(new QueueSettings(true, 10_000, Duration.ofMillis(20)));
        changed("/admin/config/reset", "{}");
        changed("/admin/rate-limit/reset", "{}");

        assertThat(serving.live.cache()).isEqualTo(new CacheSettings(Duration.ofMinutes(1), false));
        assertThat(serving.live.queue()).isEqualTo(new QueueSettings(true, 10_000, Duration.ofMillis(500)));
        assertThat(serving.live.rate()).isEqualTo(new RateSettings(0, 1_000, RateScope.FLEET));
        assertThat(serving.backend.invalidated).isEmpty();
    }

    @Test
    void a_reset_of_what_was_never_changed_is_no_new_version() throws Exception {
        assertThat(changed("/admin/cache/reset", "{}").at("/version").asInt()).isEqualTo(1);
        assertThat(serving.controls.events().latest()).isEmpty();
    }

    @Test
    void a_change_with_an_end_goes_back_by_itself() throws Exception {
        JsonNode reply = changed("/admin/cache/config", "{\"ttl\":3600,\"expires_in\":\"30m\",\"reason\":\"sale\"}");
        assertThat(reply.at("/expires_at").asString()).isEqualTo("2026-11-24T12:30:00Z");
        changed("/admin/cache/config", "{\"aggressive\":true}");
        serving.time.set(Instant.parse("2026-11-24T12:29:59Z"));
        assertThat(field("ttl").at("/source").asString()).isEqualTo("override");

        serving.time.set(Instant.parse("2026-11-24T12:30:00Z"));

        Awaitility.await().until(() -> serving.live.cache().ttl().equals(Duration.ofMinutes(1)));
        assertThat(serving.live.cache().aggressive()).isTrue();
        assertThat(field("ttl").at("/source").asString()).isEqualTo("file");
        assertThat(field("ttl").at("/expires_at").isNull()).isTrue();
        assertThat(serving.controls.version()).isEqualTo(4);
        assertThat(serving.controls.events().latest().get(0).text()).isEqualTo("version 4: expired, ttl back to 60s");
        assertThat(serving.controls.events().latest().get(2).text()).contains("ttl 60s to 3600s", "reason: sale");
    }

    @Test
    void a_later_change_takes_the_place_of_an_end() throws Exception {
        changed("/admin/cache/config", "{\"ttl\":3600,\"expires_in\":\"1m\"}");
        changed("/admin/cache/config", "{\"ttl\":7200}");

        serving.time.updateAndGet(now -> now.plusSeconds(120));
        changed("/admin/rate-limit/update", "{\"burst\":5}");

        assertThat(serving.live.cache().ttl()).isEqualTo(Duration.ofHours(2));
    }

    private JsonNode field(String name) throws Exception {
        return Serving.json(serving.get(serving.admin("/admin/config"))).at("/fields/" + name);
    }

    @Test
    void the_configuration_names_each_value_and_its_source() throws Exception {
        changed("/admin/config/update", "{\"queue_max_size\":20000}");

        HttpResponse<String> response = serving.get(serving.admin("/admin/config"));

        JsonNode json = Serving.json(response);
        assertThat(json.at("/version").asInt()).isEqualTo(2);
        assertThat(response.headers().firstValue("ETag")).hasValue("\"2\"");
        assertThat(json.at("/fields/queue_max_size").toString())
                .isEqualTo("{\"value\":20000,\"source\":\"override\",\"since\":\"2026-11-24T12:00:00Z\","
                        + "\"expires_at\":null}");
        assertThat(json.at("/fields/ttl").toString())
                .isEqualTo("{\"value\":60,\"source\":\"file\",\"since\":null,\"expires_at\":null}");
        assertThat(json.at("/settings").toString())
                .isEqualTo("[{\"name\":\"resp-port\",\"value\":\"6380\",\"source\":\"default\"},"
                        + "{\"name\":\"password\",\"value\":\"***\",\"source\":\"environment\"}]");
    }

    @Test
    void a_dry_run_says_what_would_change_and_changes_nothing() throws Exception {
        JsonNode reply = changed("/admin/cache/config?dry_run=true&scope=pod", "{\"ttl\":3600,\"expires_in\":\"1h\"}");

        assertThat(reply.at("/dry_run").asBoolean()).isTrue();
        assertThat(reply.at("/version").asInt()).isEqualTo(1);
        assertThat(reply.at("/applied/ttl").asInt()).isEqualTo(3_600);
        assertThat(reply.at("/previous/ttl").asInt()).isEqualTo(60);
        assertThat(serving.live.cache().ttl()).isEqualTo(Duration.ofMinutes(1));
        changed("/admin/drain?dry_run=true", "{}");
        changed("/admin/tiers/l2?dry_run=true", "{\"mode\":\"bypass\"}");
        changed("/admin/cache/invalidate?dry_run=true", "{\"keys\":[\"a\"]}");
        changed("/admin/cache/warm-up?dry_run=true", "{}");
        assertThat(serving.controls.draining()).isFalse();
        assertThat(serving.backend.modes).containsEntry("l2", TierMode.NORMAL);
        assertThat(serving.backend.invalidated).isEmpty();
        assertThat(serving.backend.plans).isEmpty();
        assertThat(serving.controls.events().latest()).isEmpty();
        assertThat(serving.controls.version()).isEqualTo(1);
    }

    @Test
    void a_change_for_another_version_is_not_made() throws Exception {
        assertThat(changed("/admin/cache/config", "{\"ttl\":61}", "If-Match", "\"1\"")
                        .at("/version")
                        .asInt())
                .isEqualTo(2);

        HttpResponse<String> late = serving.post("/admin/cache/config", "{\"ttl\":62}", "If-Match", "\"1\"");

        assertThat(late.statusCode()).isEqualTo(412);
        assertThat(late.body()).contains("version 2");
        assertThat(serving.live.cache().ttl()).isEqualTo(Duration.ofSeconds(61));
        changed("/admin/cache/config", "{\"ttl\":62}", "If-Match", "*");
    }

    @Test
    void of_changes_for_the_same_version_one_is_made() throws Exception {
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            HttpRequest request = HttpRequest.newBuilder(serving.admin("/admin/cache/config"))
                    .header("If-Match", "\"1\"")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"ttl\":" + (100 + i) + "}"))
                    .build();
            all.add(serving.client
                    .sendAsync(request, HttpResponse.BodyHandlers.discarding())
                    .thenApply(HttpResponse::statusCode));
        }

        List<Integer> statuses = all.stream().map(CompletableFuture::join).toList();

        assertThat(statuses).containsOnly(200, 412).containsOnlyOnce(200);
        assertThat(serving.controls.version()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"normal", "bypass", "read-only"})
    void a_tier_has_the_mode_that_was_asked_for(String mode) throws Exception {
        JsonNode reply = changed("/admin/tiers/l3", "{\"mode\":\"" + mode + "\",\"expires_in\":\"10m\"}");

        assertThat(reply.at("/applied/l3_mode").asString()).isEqualTo(mode);
        assertThat(serving.backend.modes.get("l3"))
                .isEqualTo(TierMode.valueOf(mode.toUpperCase(Locale.ROOT).replace('-', '_')));
        serving.time.updateAndGet(now -> now.plusSeconds(600));
        Awaitility.await().until(() -> serving.backend.modes.get("l3") == TierMode.NORMAL);
    }

    @Test
    void what_the_cache_does_not_take_changes_nothing() throws Exception {
        serving.backend.stubborn = true;

        HttpResponse<String> response = serving.post("/admin/tiers/l2", "{\"mode\":\"bypass\"}");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).doesNotContain("not now", "IllegalState");
        assertThat(serving.controls.version()).isEqualTo(1);
        assertThat(field("l2_mode").at("/value").asString()).isEqualTo("normal");
    }

    @Test
    void draining_may_have_an_end_too() throws Exception {
        changed("/admin/drain", "{\"expires_in\":\"2m\"}");
        assertThat(serving.controls.draining()).isTrue();

        serving.time.updateAndGet(now -> now.plusSeconds(120));

        Awaitility.await().until(() -> !serving.controls.draining());
    }

    @Test
    void keys_are_invalidated_by_name_or_by_prefix() throws Exception {
        JsonNode reply = changed("/admin/cache/invalidate", "{\"keys\":[\"a\",\"\",\"\u00fc\u20ac\ud83d\ude00\"]}");
        changed("/admin/cache/invalidate", "{\"prefix\":\"p:\",\"reason\":\"wrong price\"}");

        assertThat(reply.toString()).isEqualTo("{\"version\":1,\"scope\":\"pod\",\"invalidated\":2}");
        assertThat(serving.backend.invalidated).containsExactly("a", "", "\u00fc\u20ac\ud83d\ude00", "p:*");
        assertThat(serving.controls.events().latest().toString())
                .contains("3 keys", "wrong price")
                .doesNotContain("p:");
    }

    @Test
    void what_could_not_be_invalidated_is_said_in_the_backends_words() throws Exception {
        serving.backend.invalidation =
                CompletableFuture.failedFuture(new IllegalStateException("Redis does not answer: 2 of 3 keys stay"));

        HttpResponse<String> response = serving.post("/admin/cache/invalidate", "{\"keys\":[\"a\"]}");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(Serving.json(response).at("/detail").asString())
                .isEqualTo("Redis does not answer: 2 of 3 keys stay");
    }

    @Test
    void an_answer_that_takes_long_keeps_nobody_else_waiting() throws Exception {
        CompletableFuture<Long> slow = new CompletableFuture<>();
        serving.backend.invalidation = slow;
        List<CompletableFuture<Integer>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            HttpRequest request = HttpRequest.newBuilder(serving.admin("/admin/cache/invalidate"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prefix\":\"p\"}"))
                    .build();
            waiting.add(serving.client
                    .sendAsync(request, HttpResponse.BodyHandlers.discarding())
                    .thenApply(HttpResponse::statusCode));
        }

        assertThat(serving.get(serving.admin("/health")).statusCode()).isEqualTo(200);
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        slow.complete(9L);

        for (CompletableFuture<Integer> one : waiting) {
            assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo(200);
        }
    }

    @Test
    void a_warm_up_can_be_begun_watched_and_ended() throws Exception {
        HttpResponse<String> begun = serving.post(
                "/admin/cache/warm-up",
                "{\"pattern\":\"p:*\",\"max_keys\":7,\"max_bytes\":1024,\"time_limit\":\"5s\"}");
        assertThat(begun.statusCode()).isEqualTo(202);
        assertThat(Serving.json(begun).at("/job").asString()).isEqualTo("w-1");
        assertThat(serving.backend.plans.get(0).toString())
                .isEqualTo(
                        "WarmUpPlan[source=AUTO, keys=[], pattern=p:*, pod=null, maxKeys=7, maxBytes=1024, timeLimit=PT5S, "
                                + "rate=0, concurrency=0]");

        HttpResponse<String> second = serving.post("/admin/cache/warm-up", "{}");
        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(second.body()).contains("w-1");

        assertThat(Serving.json(serving.get(serving.admin("/admin/cache/warm-up")))
                        .at("/state")
                        .asString())
                .isEqualTo("running");
        HttpResponse<String> ended = serving.send(
                HttpRequest.newBuilder(serving.admin("/admin/cache/warm-up")).DELETE());
        assertThat(Serving.json(ended).at("/state").asString()).isEqualTo("cancelled");
        assertThat(Serving.json(serving.post("/admin/cache/warm-up", ""))
                        .at("/job")
                        .asString())
                .isEqualTo("w-2");
        assertThat(serving.backend.plans.get(1).maxBytes()).isEqualTo(3 << 18);
    }

    @Test
    void there_may_have_been_no_warm_up() throws Exception {
        assertThat(serving.get(serving.admin("/admin/cache/warm-up")).body())
                .isEqualTo(
                        "{\"state\":\"none\",\"source\":null,\"weight_percent\":0.0,\"planned\":0,\"read\":0,\"brought\":0,"
                                + "\"bytes\":0,\"predicted_hit_ratio\":null,\"keys_per_second\":0,\"elapsed_ms\":0,"
                                + "\"eta_ms\":null,\"skipped\":{\"ttl\":0,\"size\":0,\"gone\":0,\"changed\":0},\"errors\":0,"
                                + "\"reason\":\"\"}");
        assertThat(serving.send(HttpRequest.newBuilder(serving.admin("/admin/cache/warm-up"))
                                .DELETE())
                        .statusCode())
                .isEqualTo(200);
    }
}
