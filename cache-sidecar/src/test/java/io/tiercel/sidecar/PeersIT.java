package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sidecar that warms up from another one's memory. */
@Timeout(60)
class PeersIT {
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final String IN_MEMORY = "$2\r\nl1\r\n*10\r\n$6\r\nstatus\r\n$5\r\nfresh";
    private static final int KEYS = 200;

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    @Test
    void values_come_from_a_peer_that_wants_a_token_and_what_it_does_not_hold_from_Redis() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
        try (RedisServer redis = RedisServer.start();
                RunningSidecar peer = RunningSidecar.with(
                                "--redis",
                                redis.uri(),
                                "--ttl",
                                "10m",
                                "--pod",
                                "peer",
                                "--hot-list-period",
                                "1s",
                                "--admin-token-file",
                                token.toString())
                        .awaitRedis();
                RawClient client = peer.client()) {
            for (int i = 0; i < KEYS; i++) {
                client.ask("SET", "k:" + i, "value " + i);
            }
            await().atMost(PATIENT).until(() -> {
                for (int i = 0; i < KEYS; i++) {
                    client.ask("GET", "k:" + i);
                }
                return client.ask("CACHE.WHERE", "k:" + (KEYS - 1)).contains(IN_MEMORY);
            });
            // Long enough for the list to be published with all of them.
            await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
            String url = "http://127.0.0.1:" + peer.httpPort(true);

            for (String shown : new String[] {token.toString(), ""}) {
                try (RunningSidecar joiner = shown.isEmpty() ? joiner(redis, url) : joiner(redis, url, shown);
                        RawClient own = joiner.client()) {
                    await().atMost(PATIENT).until(() -> get(joiner, "/ready").statusCode() == 200);
                    String ready = get(joiner, "/ready").body();
                    // Nothing is got without the token; either way memory is full before it serves.
                    assertThat(ready).contains(shown.isEmpty() ? "\"source\":\"l2\"" : "\"source\":\"peers\"");
                    long before = RunningSidecar.figure(own, "l1_hits");
                    for (int i = 0; i < KEYS; i++) {
                        assertThat(own.ask("GET", "k:" + i)).endsWith("\r\nvalue " + i + "\r\n");
                    }
                    assertThat(RunningSidecar.figure(own, "l1_hits") - before).isGreaterThan(KEYS * 85 / 100);
                }
            }
        }
    }

    private static RunningSidecar joiner(RedisServer redis, String url, String... token) throws StartException {
        return token.length == 0
                ? RunningSidecar.with("--redis", redis.uri(), "--ttl", "10m", "--warm-up-peers", url)
                : RunningSidecar.with(
                        "--redis",
                        redis.uri(),
                        "--ttl",
                        "10m",
                        "--warm-up-peers",
                        url,
                        "--warm-up-peer-token-file",
                        token[0]);
    }

    private HttpResponse<String> get(RunningSidecar sidecar, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + sidecar.httpPort(false) + path);
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
