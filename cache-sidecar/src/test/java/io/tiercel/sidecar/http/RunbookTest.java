package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The lines of a runbook as they stand, run by a shell with the real curl. */
final class RunbookTest {
    private final Serving serving = Serving.start();

    @BeforeEach
    void curl() throws Exception {
        assumeTrue(exit("command -v curl") == 0, "there is no curl");
    }

    @AfterEach
    void close() {
        serving.close();
    }

    private static int exit(String line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /** Runs a line and gives its output, the status behind it. */
    private String run(String line) throws IOException, InterruptedException {
        String here = line.replace("localhost:8081", "localhost:" + serving.server.readOnlyPort())
                .replace("localhost:8082", "localhost:" + serving.server.adminPort())
                .replace("curl ", "curl -sS -m 20 -w ' %{http_code}' ");
        Process process =
                new ProcessBuilder("sh", "-c", here).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @Test
    void a_line_that_says_nothing_of_json_works() throws Exception {
        assertThat(run("curl -X POST localhost:8082/admin/cache/config -d '{\"ttl\":3600,\"aggressive\":true}'"))
                .endsWith(" 200");
        assertThat(serving.live.cache()).isEqualTo(new CacheSettings(Duration.ofHours(1), true));

        assertThat(run("curl -X POST http://localhost:8082/admin/cache/reset")).endsWith(" 200");
        assertThat(serving.live.cache()).isEqualTo(new CacheSettings(Duration.ofMinutes(1), false));
    }

    @Test
    void a_line_that_says_json_works() throws Exception {
        assertThat(run("curl -X POST http://localhost:8082/admin/config/update -H 'Content-Type: application/json' "
                        + "-d '{\"queue_enabled\": true, \"queue_max_size\": 10000}'"))
                .endsWith(" 200");
        assertThat(serving.live.queue()).isEqualTo(new QueueSettings(true, 10_000, Duration.ofMillis(500)));
        assertThat(run("curl -X POST http://localhost:8082/admin/config/reset")).endsWith(" 200");
    }

    @Test
    void the_rate_limit_is_set_and_reset() throws Exception {
        assertThat(run("curl -X POST localhost:8082/admin/rate-limit/update "
                        + "-d '{\"requests_per_minute\":500,\"burst\":1000}'"))
                .endsWith(" 200");
        assertThat(serving.live.rate()).isEqualTo(new RateSettings(500, 1_000, RateScope.FLEET));
        assertThat(run("curl -X POST localhost:8082/admin/rate-limit/reset")).endsWith(" 200");
    }

    @Test
    void a_warm_up_is_begun_without_a_body() throws Exception {
        assertThat(run("curl -X POST localhost:8082/admin/cache/warm-up"))
                .startsWith("{\"job\":\"w-1\"")
                .endsWith(" 202");
        assertThat(run("curl localhost:8082/admin/cache/warm-up")).endsWith(" 200");
        assertThat(run("curl -X DELETE localhost:8082/admin/cache/warm-up")).endsWith(" 200");
    }

    @Test
    void probes_and_metrics_are_looked_at() throws Exception {
        for (String path : new String[] {
            "/health", "/health/started", "/ready", "/api/health", "/metrics", "/cache/stats", "/cache/keys/user:1", "/"
        }) {
            assertThat(run("curl localhost:8081" + path)).as(path).endsWith(" 200");
        }
        assertThat(run("curl -I localhost:8081/ready")).startsWith("HTTP/1.1 200 OK");
    }

    @Test
    void a_file_as_body_works_whatever_it_is_called() throws Exception {
        assertThat(run("echo '{\"prefix\":\"p:\"}' | curl -X POST localhost:8082/admin/cache/invalidate -d @-"))
                .endsWith(" 200");
        assertThat(run("echo '{\"mode\":\"bypass\"}' | "
                        + "curl -X POST localhost:8082/admin/tiers/l3 -H 'Content-Type:' --data-binary @-"))
                .endsWith(" 200");
    }

    @Test
    void a_form_is_no_json() throws Exception {
        assertThat(run("curl -X POST localhost:8082/admin/cache/config -d ttl=3600"))
                .endsWith(" 415");
        assertThat(run("curl -X POST localhost:8082/admin/cache/config -F ttl=3600"))
                .endsWith(" 415");
    }

    @Test
    void draining_is_begun_and_called_off() throws Exception {
        assertThat(run("curl -X POST localhost:8082/admin/drain")).endsWith(" 200");
        assertThat(run("curl localhost:8081/ready")).endsWith(" 503");
        assertThat(run("curl -X POST localhost:8082/admin/undrain")).endsWith(" 200");
        assertThat(run("curl localhost:8081/ready")).endsWith(" 200");
    }
}
