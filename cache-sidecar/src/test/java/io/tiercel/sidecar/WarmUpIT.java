package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sidecar that starts has in memory what those before it were read for. */
@Timeout(60)
class WarmUpIT {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final String IN_MEMORY = "$2\r\nl1\r\n*10\r\n$6\r\nstatus\r\n$5\r\nfresh";
    private static final int KEYS = 300;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void what_was_hot_in_one_is_in_memory_of_the_next_before_it_is_ready() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar first = sidecar(redis).awaitRedis();
                RawClient client = first.client()) {
            for (int i = 0; i < KEYS; i++) {
                client.ask("SET", "hot:" + i, "value " + i);
            }
            client.ask("SET", "gone", "v");
            await().atMost(PATIENT).until(() -> {
                for (int i = 0; i < KEYS; i++) {
                    client.ask("GET", "hot:" + i);
                }
                client.ask("GET", "gone");
                return client.ask("CACHE.WHERE", "hot:0").contains(IN_MEMORY)
                        && client.ask("CACHE.WHERE", "gone").contains(IN_MEMORY);
            });
            assertThat(post(first, "/admin/drain", "{}")).isEqualTo(200);
            await().atMost(PATIENT)
                    .until(() -> client.ask("EXISTS", "tiercel!hot{tiercel}").equals(":1\r\n"));
            client.ask("DEL", "gone");

            try (RunningSidecar second = sidecar(redis);
                    RawClient other = second.client()) {
                await().atMost(PATIENT).until(() -> get(second, "/ready") == 200);
                long before = RunningSidecar.figure(other, "l1_hits");
                int hits = 0;
                for (int i = 0; i < KEYS; i++) {
                    assertThat(other.ask("GET", "hot:" + i)).endsWith("\r\nvalue " + i + "\r\n");
                }
                hits += (int) (RunningSidecar.figure(other, "l1_hits") - before);
                assertThat(hits).isGreaterThan(KEYS * 9 / 10);
                assertThat(other.ask("GET", "gone")).isEqualTo("$-1\r\n");
            }
        }
    }

    @Test
    void keys_are_brought_by_name_and_by_pattern_and_a_budget_ends_it() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar sidecar = sidecar(redis).awaitRedis();
                RawClient client = sidecar.client()) {
            await().atMost(PATIENT).until(() -> get(sidecar, "/ready") == 200);
            for (int i = 0; i < 50; i++) {
                client.ask("SET", "a:" + i, "v");
                client.ask("SET", "b:" + i, "v");
                client.ask("SET", "c:" + i, "v");
            }
            assertThat(warmUp(sidecar, "{\"keys\":[\"a:1\",\"missing\"]}")).contains("\"brought\":1,");
            assertThat(client.ask("CACHE.WHERE", "a:1")).contains(IN_MEMORY);
            assertThat(warmUp(sidecar, "{\"pattern\":\"b:*\"}")).contains("\"brought\":50,");
            assertThat(warmUp(sidecar, "{\"pattern\":\"c:*\",\"max_keys\":7}")).contains("\"planned\":7,");
        }
    }

    @Test
    void the_first_pod_has_no_list_to_wait_for_and_says_so() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar sidecar = sidecar(redis)) {
            await().atMost(PATIENT).until(() -> get(sidecar, "/ready") == 200);
            assertThat(body(sidecar, false, "/ready")).contains("\"state\":\"done\"", "\"reason\":\"no list\"");
        }
    }

    @Test
    void a_pod_whose_Redis_is_away_is_ready_after_seconds_and_says_why() throws Exception {
        try (RunningSidecar sidecar = RunningSidecar.with("--redis", "127.0.0.1:1", "--warm-up-time-limit", "10m")) {
            await().atMost(PATIENT).until(() -> get(sidecar, "/ready") == 200);
            assertThat(body(sidecar, false, "/ready"))
                    .contains("\"state\":\"failed\"", "\"reason\":\"Redis does not tell of changes\"");
        }
    }

    @Test
    void what_is_too_large_or_about_to_end_or_gone_is_left_out_and_lives_are_spread() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar sidecar = sidecar(redis).awaitRedis();
                RawClient client = sidecar.client()) {
            await().atMost(PATIENT).until(() -> get(sidecar, "/ready") == 200);
            client.ask("SETRANGE", "large", Integer.toString(1 << 20), "v");
            client.ask("SET", "ending", "v", "EX", "9");
            client.ask("SET", "living", "v", "EX", "100");
            client.ask("LPUSH", "list", "v");
            StringBuilder names = new StringBuilder();
            for (int i = 0; i < 100; i++) {
                client.ask("SET", "k:" + i, "v");
                names.append(",\"k:").append(i).append('"');
            }

            String end =
                    warmUp(sidecar, "{\"keys\":[\"large\",\"ending\",\"living\",\"list\",\"missing\"" + names + "]}");

            assertThat(end).contains("\"skipped\":{\"ttl\":1,\"size\":1,\"gone\":2,\"changed\":0}", "\"brought\":101");
            List<Long> lives = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                lives.add(life(sidecar, "k:" + i));
            }
            assertThat(lives).allMatch(life -> life > 50_000 && life <= 600_000);
            assertThat(lives).anyMatch(life -> life < 200_000).anyMatch(life -> life > 450_000);
            assertThat(life(sidecar, "living")).isBetween(50_000L, 100_000L);
        }
    }

    @Test
    void what_only_a_pod_holds_that_leaves_is_taken_over_by_those_who_stay() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar staying = sidecar(redis, "stays").awaitRedis();
                RunningSidecar leaving = sidecar(redis, "leaves").awaitRedis();
                RawClient one = staying.client();
                RawClient two = leaving.client()) {
            await().atMost(PATIENT).until(() -> get(staying, "/ready") == 200 && get(leaving, "/ready") == 200);
            for (int i = 0; i < 100; i++) {
                one.ask("SET", "k:" + i, "value " + i);
            }
            await().atMost(PATIENT).until(() -> allInMemory(one, 0, 40));
            await().atMost(PATIENT).until(() -> allInMemory(two, 0, 100));

            assertThat(post(leaving, "/admin/drain", "{}")).isEqualTo(200);

            await().atMost(PATIENT).until(() -> progress(staying).matches(".*\"job\":\"w-2\",\"state\":\"done\".*"));
            assertThat(progress(staying)).contains("\"planned\":60,", "\"brought\":60,");
            for (int i = 0; i < 100; i++) {
                assertThat(one.ask("CACHE.WHERE", "k:" + i)).contains(IN_MEMORY);
            }
            assertThat(body(staying, false, "/api/status")).contains("pod leaves leaves");
        }
    }

    /** Reads keys, and says whether all are in memory. */
    private static boolean allInMemory(RawClient client, int from, int to) throws IOException {
        boolean all = true;
        for (int i = from; i < to; i++) {
            client.ask("GET", "k:" + i);
            all &= client.ask("CACHE.WHERE", "k:" + i).contains(IN_MEMORY);
        }
        return all;
    }

    /** How long memory keeps it still, in milliseconds. */
    private long life(RunningSidecar sidecar, String key) throws Exception {
        Matcher matcher = Pattern.compile("\"tier\":\"l1\".*?\"ttl_ms\":(\\d+)")
                .matcher(body(sidecar, false, "/cache/keys/" + key));
        assertThat(matcher.find()).as(key).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private static RunningSidecar sidecar(RedisServer redis, String pod) throws StartException {
        return RunningSidecar.with("--redis", redis.uri(), "--l1-bytes", "16m", "--ttl", "10m", "--pod", pod);
    }

    private static RunningSidecar sidecar(RedisServer redis) throws StartException {
        return RunningSidecar.with("--redis", redis.uri(), "--l1-bytes", "16m", "--ttl", "10m");
    }

    /** Begins a warm-up and returns how it ended. */
    private String warmUp(RunningSidecar sidecar, String plan) throws Exception {
        assertThat(post(sidecar, "/admin/cache/warm-up", plan)).isEqualTo(202);
        await().atMost(PATIENT).until(() -> !progress(sidecar).contains("\"running\""));
        return progress(sidecar);
    }

    private String progress(RunningSidecar sidecar) throws Exception {
        return body(sidecar, true, "/admin/cache/warm-up");
    }

    private String body(RunningSidecar sidecar, boolean admin, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(sidecar, admin, path)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private int post(RunningSidecar sidecar, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(sidecar, true, path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private int get(RunningSidecar sidecar, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(sidecar, false, path)).build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static URI uri(RunningSidecar sidecar, boolean admin, String path) {
        return URI.create("http://127.0.0.1:" + sidecar.httpPort(admin) + path);
    }
}
