package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.sidecar.http.HttpConfig.Listener;
import io.tiercel.sidecar.http.HttpConfig.TokenFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may ask for what. */
final class AccessTest {
    private static final String READ = "read-".repeat(8);
    private static final String OPERATE = "operate-".repeat(8);
    private static final String ADMIN = "admin-".repeat(8);

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void tokens() throws IOException {
        Files.writeString(directory.resolve("read"), READ + "\n");
        Files.writeString(directory.resolve("operate"), OPERATE);
        Files.writeString(directory.resolve("admin"), ADMIN + "\r\n");
    }

    private Serving withTokens() {
        return Serving.start(config -> new HttpConfig(
                config.pod(),
                config.version(),
                config.readOnly(),
                config.admin(),
                List.of(
                        new TokenFile(directory.resolve("read"), Role.READ),
                        new TokenFile(directory.resolve("operate"), Role.OPERATE),
                        new TokenFile(directory.resolve("admin"), Role.ADMIN)),
                null,
                List.of("cache.example.org"),
                false,
                Serving.limits(Duration.ofSeconds(10))));
    }

    @Test
    void each_role_may_do_what_it_is_for() throws Exception {
        try (Serving serving = withTokens()) {
            for (String token : List.of(READ, OPERATE, ADMIN)) {
                String header = "Bearer " + token;
                assertThat(serving.get(serving.admin("/admin/config"), "Authorization", header)
                                .statusCode())
                        .isEqualTo(200);
                assertThat(serving.post("/admin/cache/config", "{\"ttl\":61}", "Authorization", header)
                                .statusCode())
                        .isEqualTo(token.equals(READ) ? 403 : 200);
                int admin = token.equals(ADMIN) ? 200 : 403;
                assertThat(serving.post("/admin/tiers/l3", "{\"mode\":\"bypass\"}", "Authorization", header)
                                .statusCode())
                        .isEqualTo(admin);
                assertThat(serving.post("/admin/drain", "{}", "Authorization", header)
                                .statusCode())
                        .isEqualTo(admin);
                assertThat(serving.post("/admin/undrain", "{}", "Authorization", header)
                                .statusCode())
                        .isEqualTo(admin);
            }
        }
    }

    @Test
    void without_a_valid_token_nothing_under_admin_is_there() throws Exception {
        try (Serving serving = withTokens()) {
            for (String authorization : List.of(
                    "Bearer " + ADMIN.substring(1),
                    "Bearer " + ADMIN + "x",
                    "Bearer",
                    "Bearer ",
                    "Basic " + ADMIN,
                    ADMIN,
                    "Bearer " + "x".repeat(5_000))) {
                HttpResponse<String> refused =
                        serving.post("/admin/cache/config", "{\"ttl\":61}", "Authorization", authorization);
                assertThat(refused.statusCode()).as(authorization).isEqualTo(401);
                assertThat(refused.headers().firstValue("WWW-Authenticate"))
                        .hasValueSatisfying(value -> assertThat(value).startsWith("Bearer"));
                assertThat(refused.body()).doesNotContain(ADMIN.substring(2));
            }
            for (String path : List.of("/admin/config", "/admin/openapi.json", "/admin/nothing", "/admin/")) {
                assertThat(serving.get(serving.admin(path)).statusCode())
                        .as(path)
                        .isEqualTo(401);
            }
            assertThat(serving.get(serving.admin("/admin/config?access_token=" + ADMIN))
                            .statusCode())
                    .isEqualTo(401);
            assertThat(serving.live.cache().ttl()).isEqualTo(Duration.ofMinutes(1));
            assertThat(serving.get(serving.admin("/health")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void two_authorizations_are_refused() throws Exception {
        try (Serving serving = withTokens()) {
            String head = "GET /admin/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
            String right = "Authorization: Bearer " + ADMIN + "\r\n";

            assertThat(serving.raw(serving.server.adminPort(), head + right + right + "\r\n"))
                    .startsWith("HTTP/1.1 400");
            assertThat(serving.raw(serving.server.adminPort(), head + right + "\r\n"))
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void a_request_without_a_token_is_refused_before_its_body_is_there() throws Exception {
        try (Serving serving = withTokens()) {
            String head = "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n";

            assertThat(serving.raw(serving.server.adminPort(), head))
                    .startsWith("HTTP/1.1 401")
                    .contains("Connection: close");
        }
    }

    @Test
    void a_token_that_changes_is_read_again_and_a_bad_one_leaves_the_last() throws Exception {
        String next = "next-".repeat(10);
        try (Serving serving = withTokens()) {
            Files.writeString(directory.resolve("admin"), next);
            Awaitility.await().until(() -> status(serving, next) == 200);
            assertThat(status(serving, ADMIN)).isEqualTo(401);

            Files.writeString(directory.resolve("admin"), "short");
            Awaitility.await().during(Duration.ofMillis(300)).until(() -> status(serving, next) == 200);
            assertThat(status(serving, "short")).isEqualTo(401);

            Files.delete(directory.resolve("admin"));
            Awaitility.await().during(Duration.ofMillis(300)).until(() -> status(serving, next) == 200);
        }
    }

    private static int status(Serving serving, String token) throws Exception {
        return serving.get(serving.admin("/admin/config"), "Authorization", "Bearer " + token)
                .statusCode();
    }

    @ParameterizedTest
    @CsvSource({
        "31 bytes, 1234567890123456789012345678901",
        "empty, ''",
        "spaces, 'a token of more than 32 bytes in words'"
    })
    void a_file_without_a_token_stops_the_start(String name, String content) throws Exception {
        Path file = directory.resolve(name.replace(' ', '-'));
        Files.writeString(file, content);

        assertThatThrownBy(() -> new Tokens(List.of(new TokenFile(file, Role.ADMIN))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining("1234567890");
        assertThatThrownBy(() -> new Tokens(List.of(new TokenFile(directory.resolve("absent"), Role.ADMIN))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("absent");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, 200, 200",
        "LOCALHOST:1, 200, 200",
        "127.0.0.1, 200, 200",
        "127.0.0.1:8082, 200, 200",
        "[::1], 200, 200",
        "[::1]:8082, 200, 200",
        "cache.example.org, 200, 200",
        "cache.example.org:443, 200, 200",
        "10.244.1.7:8081, 200, 421",
        "[fd00::7]:8081, 200, 421",
        "example.org, 421, 421",
        "example.org:8081, 421, 421",
        "localhost.example.org, 421, 421",
        "127.0.0.1.example.org, 421, 421",
        "cache.example.org.evil.example, 421, 421",
        "0x7f.1, 421, 421"
    })
    void a_host_of_another_name_is_not_this_one(String host, int open, int admin) throws Exception {
        try (Serving serving = withTokens()) {
            String request = "GET /health HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n";

            assertThat(serving.raw(serving.server.readOnlyPort(), request)).startsWith("HTTP/1.1 " + open);
            assertThat(serving.raw(serving.server.adminPort(), request)).startsWith("HTTP/1.1 " + admin);
        }
    }

    @Test
    void the_admin_paths_are_not_on_the_read_only_port() throws Exception {
        try (Serving serving = Serving.start()) {
            HttpResponse<String> config = serving.get(serving.open("/admin/config"));

            assertThat(config.statusCode()).isEqualTo(404);
            assertThat(config.body()).contains("admin port");
            String post = "POST /admin/drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            assertThat(serving.raw(serving.server.readOnlyPort(), post)).startsWith("HTTP/1.1 404");
            assertThat(serving.controls.draining()).isFalse();
        }
    }

    @Test
    void without_tokens_callers_from_elsewhere_may_only_look_at_what_is_open() throws Exception {
        Optional<InetAddress> address = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(one -> !one.isLoopbackAddress() && !one.isLinkLocalAddress() && one.getAddress().length == 4)
                .findFirst();
        assumeTrue(address.isPresent(), "this machine has the loopback address only");
        String ip = address.orElseThrow().getHostAddress();
        try (Serving serving = Serving.start(config -> new HttpConfig(
                config.pod(),
                config.version(),
                new Listener("0.0.0.0", 0),
                new Listener("0.0.0.0", 0),
                List.of(),
                null,
                List.of(),
                false,
                config.limits()))) {
            String base = "http://" + ip + ":" + serving.server.adminPort();

            assertThat(serving.get(URI.create(base + "/health")).statusCode()).isEqualTo(200);
            assertThat(serving.get(URI.create(base + "/admin/config")).statusCode())
                    .isEqualTo(403);
            assertThat(serving.get(serving.admin("/admin/config")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void changes_are_limited_to_fifty_in_a_second() throws Exception {
        try (Serving serving = Serving.start()) {
            int refused = 0;
            for (int i = 0; i < 400 && refused == 0; i++) {
                HttpResponse<String> response = serving.post("/admin/cache/reset", "{}");
                if (response.statusCode() == 429) {
                    refused++;
                    assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
                }
            }

            assertThat(refused).isPositive();
            assertThat(serving.get(serving.admin("/admin/config")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void the_limit_admits_a_second_worth_at_once_and_then_its_rate() {
        AtomicLong now = new AtomicLong(-5);
        MutationLimit limit = new MutationLimit(10, now::get);

        assertThat(admitted(limit, 100)).isEqualTo(10);
        now.addAndGet(Duration.ofMillis(250).toNanos());
        assertThat(admitted(limit, 100)).isEqualTo(2);
        now.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(admitted(limit, 100)).isEqualTo(10);
    }

    private static int admitted(MutationLimit limit, int tries) {
        int admitted = 0;
        for (int i = 0; i < tries; i++) {
            admitted += limit.admits() ? 1 : 0;
        }
        return admitted;
    }
}
