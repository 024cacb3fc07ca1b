package io.tiercel.examples.demo;

import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.ServerSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The real servers behind the cache: a Redis Cluster of three masters, and a memcached if there is one to be had. */
final class Servers implements AutoCloseable {
    private static final int MASTERS = 3;
    /** For each master; about 2 MB of it are Redis' own. Less than all keys need, so that L3 has something to answer. */
    private static final String REDIS_MEMORY = "4mb";

    private final RedisCluster redis;
    private final @Nullable Memcached memcached;

    private Servers(RedisCluster redis, @Nullable Memcached memcached) {
        this.redis = redis;
        this.memcached = memcached;
    }

    static Servers start() {
        RedisCluster redis = RedisCluster.start(RedisOptions.of(MASTERS, 0)
                .withMaxmemory(REDIS_MEMORY)
                .withConfigLines("maxmemory-policy allkeys-lru"));
        try {
            return new Servers(redis, Memcached.startIfAvailable().orElse(null));
        } catch (RuntimeException e) {
            redis.close();
            throw e;
        }
    }

    /** What runs, where it came from, and what to kill to see how the cache takes it. */
    List<String> describe() {
        List<String> lines = new ArrayList<>();
        lines.add("L2 redis      " + redis.source());
        if (redis.source().kind() != ServerSource.Kind.ENVIRONMENT) {
            lines.add("              cluster of " + MASTERS + " masters, " + REDIS_MEMORY + " each, "
                    + pids(List.copyOf(redis.nodes())));
        }
        if (memcached == null) {
            lines.add("L3 memcached  none found; the demo goes on with two tiers. To see the third:");
            for (String line : wrapped(Memcached.howToGetIt(), 64)) {
                lines.add("              " + line);
            }
            return lines;
        }
        lines.add("L3 memcached  " + memcached.source());
        if (memcached.source().kind() != ServerSource.Kind.ENVIRONMENT) {
            lines.add("              64 MB, " + pids(List.of(memcached)));
        }
        return lines;
    }

    /** The text in lines of at most that width, as far as its words allow. */
    static List<String> wrapped(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    private static String pids(List<FaultableServer> servers) {
        return (servers.size() == 1 ? "pid " : "pids ")
                + servers.stream().map(server -> Long.toString(server.pid())).collect(Collectors.joining(", "));
    }

    /** Clients of their own for one more instance. They also come up when a server has died meanwhile. */
    List<RemoteTier> connect() {
        List<RemoteTier> tiers = new ArrayList<>();
        tiers.add(RedisTier.connect(RedisConfig.of(redis.uri()).startWithoutServer(true)));
        if (memcached != null) {
            tiers.add(MemcachedTier.connect(memcached.address()));
        }
        return tiers;
    }

    @Override
    public void close() {
        try (redis) {
            if (memcached != null) {
                memcached.close();
            }
        }
    }
}
