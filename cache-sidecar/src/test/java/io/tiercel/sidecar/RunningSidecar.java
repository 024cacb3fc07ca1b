package io.tiercel.sidecar;

import static org.awaitility.Awaitility.await;

import io.tiercel.sidecar.config.SidecarConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A sidecar in this process, on ports of its own. */
final class RunningSidecar implements AutoCloseable {
    private final Running running;

    private RunningSidecar(Running running) {
        this.running = running;
    }

    static RunningSidecar with(String... flags) throws StartException {
        List<String> all = new ArrayList<>(List.of("--resp-port", "0", "--http-port", "0", "--admin-port", "0"));
        all.addAll(Arrays.asList(flags));
        return new RunningSidecar(Sidecar.launch(SidecarConfig.of(all.toArray(String[]::new))));
    }

    int port() {
        return running.facts().ports().stream()
                .filter(StartFacts.RespPort.class::isInstance)
                .mapToInt(port -> ((StartFacts.RespPort) port).port())
                .findFirst()
                .orElseThrow();
    }

    /** The port of HTTP that reads, or the operators'. */
    int httpPort(boolean admin) {
        return running.facts().ports().stream()
                .filter(port -> port instanceof StartFacts.HttpPort http && http.admin() == admin)
                .mapToInt(port -> ((StartFacts.HttpPort) port).port())
                .findFirst()
                .orElseThrow();
    }

    RawClient client() throws IOException {
        return RawClient.to(port());
    }

    /** Waits until commands reach Redis. */
    RunningSidecar awaitRedis() {
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    try (RawClient client = client()) {
                        return client.ask("SET", "{tiercel-test}", "1").equals("+OK\r\n");
                    }
                });
        return this;
    }

    /** What INFO says, by name. */
    static Map<String, String> info(RawClient client) throws IOException {
        Map<String, String> all = new TreeMap<>();
        client.ask("INFO").lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                all.put(line.substring(0, colon), line.substring(colon + 1));
            }
        });
        return all;
    }

    static long figure(RawClient client, String name) throws IOException {
        String value = info(client).get(name);
        if (value == null) {
            throw new AssertionError("INFO has no " + name);
        }
        return Long.parseLong(value);
    }

    @Override
    public void close() {
        running.close();
    }
}
