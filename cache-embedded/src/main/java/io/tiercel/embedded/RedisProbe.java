package io.tiercel.embedded;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Questions to a Redis server, each over a connection of its own. */
record RedisProbe(Address address, @Nullable String password) {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private Resp connect() throws IOException {
        return Resp.connect(address, password, TIMEOUT);
    }

    /** What it lacks to answer commands, or null. */
    @Nullable
    String missing() throws IOException {
        try (Resp redis = connect()) {
            String answer = redis.text("PING");
            return answer.equals("PONG") ? null : address + " answers PING with " + answer;
        }
    }

    /** What it lacks as a member of a healthy cluster of at least that many nodes, or null. */
    @Nullable
    String missingInCluster(int nodes) throws IOException {
        try (Resp redis = connect()) {
            String cluster = redis.text("CLUSTER", "INFO");
            if (!"ok".equals(field(cluster, "cluster_state"))
                    || !Integer.toString(RedisConfig.SLOTS).equals(field(cluster, "cluster_slots_ok"))) {
                return address + " says state " + field(cluster, "cluster_state") + " with "
                        + field(cluster, "cluster_slots_ok") + " slots ok";
            }
            String known = field(cluster, "cluster_known_nodes");
            if (known == null || Integer.parseInt(known) < nodes) {
                return address + " knows " + known + " of " + nodes + " nodes";
            }
            String replication = redis.text("INFO", "replication");
            boolean detached = "slave".equals(field(replication, "role"))
                    && !"up".equals(field(replication, "master_link_status"));
            return detached ? address + " has no copy of its master yet" : null;
        }
    }

    /** How many of its replicas have the whole copy. */
    int onlineReplicas() throws IOException {
        try (Resp redis = connect()) {
            return (int) redis.text("INFO", "replication")
                    .lines()
                    .filter(line -> line.startsWith("slave") && line.contains("state=online"))
                    .count();
        }
    }

    boolean isClusterEnabled() throws IOException {
        try (Resp redis = connect()) {
            return "1".equals(field(redis.text("INFO", "cluster"), "cluster_enabled"));
        }
    }

    boolean isMaster() throws IOException {
        try (Resp redis = connect()) {
            return "master".equals(field(redis.text("INFO", "replication"), "role"));
        }
    }

    String clusterId() throws IOException {
        try (Resp redis = connect()) {
            return redis.text("CLUSTER", "MYID");
        }
    }

    /** The value in a line {@code name:value} of an INFO reply, or null. */
    static @Nullable String field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse(null);
    }
}
