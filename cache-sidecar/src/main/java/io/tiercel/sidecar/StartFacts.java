package io.tiercel.sidecar;

import io.tiercel.sidecar.control.TierStatus;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the start-up screen shows.
 *
 * @param pod its name in the fleet
 * @param ports where it listens
 * @param tiers all that there could be, also those that are not configured
 * @param sources where settings came from, the weakest first
 * @param warnings what works but may not be meant, a sentence each
 * @param fleet the name that sidecars of one service share
 */
public record StartFacts(
        String pod, String fleet, List<Port> ports, List<Tier> tiers, List<String> sources, List<String> warnings) {
    public StartFacts {
        ports = List.copyOf(ports);
        tiers = List.copyOf(tiers);
        sources = List.copyOf(sources);
        warnings = List.copyOf(warnings);
    }

    /** Somewhere to connect to. */
    public sealed interface Port {
        /** What speaks there, for people. */
        String name();
    }

    /**
     * For Redis clients, over TCP.
     *
     * @param host the address that was bound
     * @param tls whether it speaks TLS
     * @param password whether clients have to authenticate
     * @param port that was bound
     */
    public record RespPort(String host, int port, boolean tls, boolean password) implements Port {
        @Override
        public String name() {
            return "redis";
        }
    }

    /**
     * For Redis clients, over a Unix socket.
     *
     * @param path where it is
     * @param password whether clients have to authenticate
     */
    public record SocketPort(Path path, boolean password) implements Port {
        @Override
        public String name() {
            return "socket";
        }
    }

    /**
     * For health, metrics and the live page, or for operators.
     *
     * @param host the address that was bound
     * @param admin whether it is the operators'
     * @param port that was bound
     * @param tls whether it speaks TLS
     */
    public record HttpPort(String host, int port, boolean tls, boolean admin) implements Port {
        @Override
        public String name() {
            return admin ? "admin" : "http";
        }
    }

    /**
     * A tier.
     *
     * @param name such as {@code L2}
     * @param what it is, such as {@code redis 10.0.0.7:6379}
     * @param state null if it is not configured
     * @param detail in a few words; may be empty
     */
    public record Tier(String name, String what, TierStatus.@Nullable State state, String detail) {}
}
