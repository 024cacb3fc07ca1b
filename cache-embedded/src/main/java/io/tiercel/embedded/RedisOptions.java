package io.tiercel.embedded;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a Redis Cluster, or one Redis server, is to be started.
 *
 * @param masters how many masters share the slots, 1 to 100; a single {@link RedisServer} ignores it
 * @param replicasPerMaster 0 to 5; a single {@link RedisServer} ignores it
 * @param password what clients must send, or null for none
 * @param nodeTimeout Redis' {@code cluster-node-timeout}: a master unreachable for so long is failed over
 * @param maxmemory Redis' {@code maxmemory}, such as {@code 64mb}, or null for no limit
 * @param proxied whether a {@link FaultProxy} stands in front of each node of a cluster, which then announces the proxy's
 *     port as its own, so that all clients go through it
 * @param configLines further lines of {@code redis.conf}, which win over those written here
 */
public record RedisOptions(
        int masters,
        int replicasPerMaster,
        @Nullable String password,
        Duration nodeTimeout,
        @Nullable String maxmemory,
        boolean proxied,
        List<String> configLines) {

    /** Refuses counts out of range, a node timeout below 100 ms, and texts that would break out of their line. */
    public RedisOptions {
        if (masters < 1 || masters > 100) {
            throw new IllegalArgumentException("masters must be 1..100: " + masters);
        }
        if (replicasPerMaster < 0 || replicasPerMaster > 5) {
            throw new IllegalArgumentException("replicasPerMaster must be 0..5: " + replicasPerMaster);
        }
        if (password != null && password.isEmpty()) {
            throw new IllegalArgumentException("password must not be empty; null means none");
        }
        if (requireNonNull(nodeTimeout, "nodeTimeout").toMillis() < 100) {
            throw new IllegalArgumentException("nodeTimeout must be at least 100 ms: " + nodeTimeout);
        }
        configLines = List.copyOf(configLines);
        Stream.concat(Stream.ofNullable(password), Stream.concat(Stream.ofNullable(maxmemory), configLines.stream()))
                .forEach(RedisOptions::requireOneLine);
    }

    /** A cluster with that many masters and replicas, no password, a node timeout of 2 s and no memory limit. */
    public static RedisOptions of(int masters, int replicasPerMaster) {
        return new RedisOptions(masters, replicasPerMaster, null, Duration.ofSeconds(2), null, false, List.of());
    }

    /** The same with this password; null for none. */
    public RedisOptions withPassword(@Nullable String password) {
        return new RedisOptions(masters, replicasPerMaster, password, nodeTimeout, maxmemory, proxied, configLines);
    }

    /** The same with this {@code cluster-node-timeout}. */
    public RedisOptions withNodeTimeout(Duration nodeTimeout) {
        return new RedisOptions(masters, replicasPerMaster, password, nodeTimeout, maxmemory, proxied, configLines);
    }

    /** The same with this memory limit in Redis' own notation, such as {@code 64mb}; null for none. */
    public RedisOptions withMaxmemory(@Nullable String maxmemory) {
        return new RedisOptions(masters, replicasPerMaster, password, nodeTimeout, maxmemory, proxied, configLines);
    }

    /** The same with these further lines of {@code redis.conf}. */
    public RedisOptions withConfigLines(String... lines) {
        return new RedisOptions(masters, replicasPerMaster, password, nodeTimeout, maxmemory, proxied, List.of(lines));
    }

    /** The same with a {@link FaultProxy} in front of each node, see {@link RedisNode#proxy}. */
    public RedisOptions withProxies() {
        return new RedisOptions(masters, replicasPerMaster, password, nodeTimeout, maxmemory, true, configLines);
    }

    /** Says everything but the password. */
    @Override
    public String toString() {
        return "RedisOptions[masters=" + masters + ", replicasPerMaster=" + replicasPerMaster + ", password="
                + (password == null ? "none" : "set") + ", nodeTimeout=" + nodeTimeout + ", maxmemory=" + maxmemory
                + ", proxied=" + proxied + ", configLines=" + configLines.size() + "]";
    }

    private static void requireOneLine(String text) {
        if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw new IllegalArgumentException("passwords and configuration lines must hold no control characters");
        }
    }
}
