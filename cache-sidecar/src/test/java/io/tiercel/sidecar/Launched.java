package io.tiercel.sidecar;

import io.tiercel.sidecar.config.SidecarConfig;
import java.util.ArrayList;
import java.util.List;

/** A sidecar in this virtual machine, on free ports. */
public final class Launched implements AutoCloseable {
    private final Running running;

    private Launched(Running running) {
        this.running = running;
    }

    /** @param flags in addition to ports and name */
    public static Launched start(String... flags) throws StartException {
        List<String> all = new ArrayList<>(
                List.of("--resp-port", "0", "--http-port", "0", "--admin-port", "0", "--warm-up-on-start", "false"));
        all.addAll(List.of(flags));
        return new Launched(Sidecar.launch(SidecarConfig.of(all.toArray(String[]::new))));
    }

    /** The port for Redis clients. */
    public int port() {
        for (StartFacts.Port port : running.facts().ports()) {
            if (port instanceof StartFacts.RespPort resp) {
                return resp.port();
            }
        }
        throw new AssertionError("no port for Redis clients");
    }

    /** The port of HTTP where operators change things. */
    public int adminPort() {
        for (StartFacts.Port port : running.facts().ports()) {
            if (port instanceof StartFacts.HttpPort http && http.admin()) {
                return http.port();
            }
        }
        throw new AssertionError("no port for operators");
    }

    @Override
    public void close() {
        running.close();
    }
}
