package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.config.SidecarConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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
                Running sidecar = Sidecar.launch(SidecarConfig.of(
                        "--resp-port",
                        "0",
                        "--http-port",
                        "0",
                        "--admin-port",
                        "0",
                        "--redis",
                        redis.uri(),
                        "--namespaces",
                        "users",
                        "--l1-bytes",
                        "16m"));
                Socket client = connect(sidecar)) {
            users.put("1", "Ada");
            String longName = "x".repeat(500);
            users.put("2", longName);
            await().atMost(PATIENT)
                    .untilAsserted(() -> assertThat(ask(client, "GET users:1")).isEqualTo("$3\r\nAda\r\n"));
            assertThat(ask(client, "MGET users:1 users:2 users:3"))
                    .isEqualTo("*3\r\n$3\r\nAda\r\n$500\r\n" + longName + "\r\n$-1\r\n");
            assertThat(ask(client, "EXISTS users:1 users:3")).isEqualTo(":1\r\n");
            assertThat(ask(client, "SET users:1 Eve"))
                    .startsWith("-ERR these keys are of the library's cache 'users'")
                    .contains("SET is not");
            assertThat(ask(client, "MGET users:1 other"))
                    .startsWith("-ERR some of these keys are of the library's cache");
            assertThat(ask(client, "MULTI")).isEqualTo("+OK\r\n");
            assertThat(ask(client, "GET users:1")).startsWith("-ERR keys of the library's caches");
            assertThat(ask(client, "EXEC")).startsWith("-EXECABORT");
            assertThat(ask(client, "SET other v")).isEqualTo("+OK\r\n");
            assertThat(ask(client, "GET other")).isEqualTo("$1\r\nv\r\n");

            users.put("1", "Grace");
            await().atMost(PATIENT)
                    .untilAsserted(() -> assertThat(ask(client, "GET users:1")).isEqualTo("$5\r\nGrace\r\n"));
            users.clear();
            await().atMost(PATIENT)
                    .untilAsserted(() -> assertThat(ask(client, "GET users:1")).isEqualTo("$-1\r\n"));
            users.put("1", "Alan");
            await().atMost(PATIENT)
                    .untilAsserted(() -> assertThat(ask(client, "GET users:1")).isEqualTo("$4\r\nAlan\r\n"));
            assertThat(ask(client, "DEL users:1 users:9")).isEqualTo(":1\r\n");
            await().atMost(PATIENT).until(() -> users.getIfPresent("1") == null);
        }
    }

    private static Socket connect(Running sidecar) throws IOException {
        int port = sidecar.facts().ports().stream()
                .filter(StartFacts.RespPort.class::isInstance)
                .mapToInt(one -> ((StartFacts.RespPort) one).port())
                .findFirst()
                .orElseThrow();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(5_000);
        return socket;
    }

    /** One command as a line; its reply as it came. */
    private static String ask(Socket client, String command) throws IOException {
        client.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        StringBuilder reply = new StringBuilder();
        value(client.getInputStream(), reply);
        return reply.toString();
    }

    private static void value(InputStream in, StringBuilder reply) throws IOException {
        String line = line(in);
        reply.append(line);
        int number = "$*".indexOf(line.charAt(0)) < 0
                ? 0
                : Integer.parseInt(line.substring(1).trim());
        if (line.charAt(0) == '$' && number >= 0) {
            reply.append(new String(in.readNBytes(number + 2), StandardCharsets.UTF_8));
        }
        for (int i = 0; line.charAt(0) == '*' && i < number; i++) {
            value(in, reply);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < 2 || line.charAt(line.length() - 1) != '\n') {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the connection was closed");
            }
            line.append((char) next);
        }
        return line.toString();
    }
}
