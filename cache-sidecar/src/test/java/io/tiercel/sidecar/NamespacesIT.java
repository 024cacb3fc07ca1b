package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a service keeps through the library, as a client of the sidecar sees it. */
@Timeout(60)
class NamespacesIT {
    private static final Duration PATIENT = Duration.ofSeconds(10);

    @Test
    void values_of_the_library_are_read_and_removed_but_not_written() throws Exception {
        try (RedisServer redis = RedisServer.start();
                TieredCache<String, String> users = TieredCache.<String, String>builder("users")
                        .local(LocalTier.maximumSize(100))
                        .remote(RedisTier.connect(redis.uri()))
                        .codec(Codec.compressing(Codec.utf8(), 100))
                        .policy(policy -> policy.ttl(Duration.ofMinutes(5)))
                        .build();
                RunningSidecar sidecar = RunningSidecar.with(
                                "--redis", redis.uri(), "--namespaces", "users", "--l1-bytes", "16m")
                        .awaitRedis();
                RawClient client = sidecar.client()) {
            users.put("1", "Ada");
            String longName = "x".repeat(500);
            users.put("2", longName);
            await().atMost(PATIENT)
                    .untilAsserted(
                            () -> assertThat(client.ask("GET", "users:1")).isEqualTo("$3\r\nAda\r\n"));
            assertThat(client.ask("MGET", "users:1", "users:2", "users:3"))
                    .isEqualTo("*3\r\n$3\r\nAda\r\n$500\r\n" + longName + "\r\n$-1\r\n");
            assertThat(client.ask("EXISTS", "users:1", "users:3")).isEqualTo(":1\r\n");
            assertThat(client.ask("SET", "users:1", "Eve"))
                    .startsWith("-ERR these keys are of the library's cache 'users'")
                    .contains("SET is not");
            assertThat(client.ask("MGET", "users:1", "other"))
                    .startsWith("-ERR some of these keys are of the library's cache");
            assertThat(client.ask("MULTI")).isEqualTo("+OK\r\n");
            assertThat(client.ask("GET", "users:1")).startsWith("-ERR keys of the library's caches");
            assertThat(client.ask("EXEC")).startsWith("-EXECABORT");
            assertThat(client.ask("SET", "other", "v")).isEqualTo("+OK\r\n");
            assertThat(client.ask("GET", "other")).isEqualTo("$1\r\nv\r\n");

            users.put("1", "Grace");
            await().atMost(PATIENT)
                    .untilAsserted(
                            () -> assertThat(client.ask("GET", "users:1")).isEqualTo("$5\r\nGrace\r\n"));
            users.clear();
            await().atMost(PATIENT)
                    .untilAsserted(
                            () -> assertThat(client.ask("GET", "users:1")).isEqualTo("$-1\r\n"));
            users.put("1", "Alan");
            await().atMost(PATIENT)
                    .untilAsserted(
                            () -> assertThat(client.ask("GET", "users:1")).isEqualTo("$4\r\nAlan\r\n"));
            assertThat(client.ask("DEL", "users:1", "users:9")).isEqualTo(":1\r\n");
            await().atMost(PATIENT).until(() -> users.getIfPresent("1") == null);
        }
    }
}
