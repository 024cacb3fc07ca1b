package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sidecar that starts has in memory what those before it were read for. */
@Timeout(60)
class WarmUpIT {
    private static final Duration PATIENT = Duration.ofSeconds(20);
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
                return client.ask("CACHE.WHERE", "hot:0").contains("$2\r\nl1\r\n*10\r\n$6\r\nstatus\r\n$5\r\nfresh")
                        && client.ask("CACHE.WHERE", "gone").contains("$5\r\nfresh");
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
            }
            assertThat(warmUp(sidecar, "{\"keys\":[\"a:1\",\"missing\"]}")).contains("\"brought\":1,");
            assertThat(client.ask("CACHE.WHERE", "a:1")).contains("$5\r\nfresh");
            assertThat(warmUp(sidecar, "{\"pattern\":\"b:*\"}")).contains("\"brought\":50,");
            assertThat(warmUp(sidecar, "{\"pattern\":\"a:*\",\"max_keys\":7}")).contains("\"planned\":7,");
        }
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
        HttpRequest request = HttpRequest.newBuilder(uri(sidecar, true, "/admin/cache/warm-up"))
                .build();
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
