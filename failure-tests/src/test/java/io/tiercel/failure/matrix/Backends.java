package io.tiercel.failure.matrix;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.models.partitions.ClusterPartitionParser;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisNode;
import io.tiercel.embedded.RedisOptions;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The servers that all rows share: 3 primaries with a replica each, every node behind a proxy, and a memcached. */
final class Backends implements AutoCloseable {
    static final int SLOTS = 16_384;
    static final String LOOPBACK = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RedisClient admin = RedisClient.create();
    private final Memcached memcached;
    private final RedisCluster redis;
    private @Nullable ScriptedRedis scripted;
    private volatile @Nullable String password;

    /** Started, or the test is skipped with a word on how to get them. */
    Backends() {
        Optional<Memcached> found = Memcached.startIfAvailable();
        Assumptions.assumeTrue(found.isPresent(), Memcached.howToGetIt());
        memcached = found.orElseThrow();
        try {
            redis = RedisCluster.start(RedisOptions.of(3, 1).withProxies());
        } catch (RuntimeException e) {
            memcached.close();
            throw e;
        }
    }

    RedisCluster redis() {
        return redis;
    }

    Memcached memcached() {
        return memcached;
    }

    /** A cluster of one node that says what it is told to; started when first needed. */
    ScriptedRedis scripted() {
        ScriptedRedis known = scripted;
        if (known == null) {
            known = ScriptedRedis.start();
            scripted = known;
        }
        return known;
    }

    /** What the servers want to hear from who administers them. */
    void password(@Nullable String password) {
        this.password = password;
    }

    /** Asks one node over a connection round its proxy. */
    <T> T ask(RedisNode node, Function<RedisCommands<String, String>, T> question) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(LOOPBACK)
                .withPort(node.directPort())
                .withClientName("admin")
                .withTimeout(Duration.ofSeconds(2));
        String secret = password;
        if (secret != null) {
            uri.withPassword(secret.toCharArray());
        }
        try (StatefulRedisConnection<String, String> connection = admin.connect(uri.build())) {
            return question.apply(connection.sync());
        }
    }

    void askAll(Function<RedisCommands<String, String>, ?> question) {
        redis.nodes().forEach(node -> ask(node, question));
    }

    /** The primaries and their slots, as any node that answers says. */
    Map<RedisNode, BitSet> primaries() {
        RedisException last = null;
        for (RedisNode node : redis.nodes()) {
            try {
                return parse(ask(node, RedisCommands::clusterNodes));
            } catch (RedisException e) {
                last = e; // killed or frozen: the next one knows it too
            }
        }
        throw new IllegalStateException("no node answers", last);
    }

    private Map<RedisNode, BitSet> parse(String nodes) {
        Map<RedisNode, BitSet> primaries = new HashMap<>();
        for (RedisClusterNode known : ClusterPartitionParser.parse(nodes)) {
            BitSet slots = new BitSet(SLOTS);
            known.getSlots().forEach(slots::set);
            if (!slots.isEmpty()) {
                primaries.put(node(known.getNodeId()), slots);
            }
        }
        return primaries;
    }

    private RedisNode node(String id) {
        return redis.nodes().stream()
                .filter(node -> node.nodeId().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no such node: " + id));
    }

    /** The node that serves a slot. */
    RedisNode primary(int slot) {
        return primaries().entrySet().stream()
                .filter(entry -> entry.getValue().get(slot))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("nobody serves slot " + slot));
    }

    RedisNode anyPrimary() {
        return primary(0);
    }

    RedisNode replicaOf(RedisNode primary) {
        String line = ask(primary, RedisCommands::clusterNodes)
                .lines()
                .filter(l -> l.contains("slave " + primary.nodeId()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(primary + " has no replica"));
        return node(line.substring(0, line.indexOf(' ')));
    }

    /** Waits until another node than that serves what it served, and all others have heard of it. */
    void awaitFailover(RedisNode failed) throws Exception {
        await("failover of " + failed, () -> {
            for (RedisNode node : redis.nodes()) {
                if (!node.equals(failed)) {
                    Map<RedisNode, BitSet> primaries = parse(ask(node, RedisCommands::clusterNodes));
                    int served = primaries.values().stream()
                            .mapToInt(BitSet::cardinality)
                            .sum();
                    if (primaries.containsKey(failed) || served < SLOTS) {
                        return false;
                    }
                }
            }
            return true;
        });
    }

    /** Waits until every node agrees that all is well. */
    void awaitReady() {
        redis.awaitReady(PATIENCE);
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long begin = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begin > PATIENCE.toNanos()) {
                throw new IllegalStateException("not within " + PATIENCE + ": " + what);
            }
            Thread.sleep(20);
        }
    }

    /** The same, if what is waited for may fail until then. */
    static <T> T insist(Supplier<T> question) throws InterruptedException {
        long begin = System.nanoTime();
        while (true) {
            try {
                return question.get();
            } catch (RedisException e) {
                if (System.nanoTime() - begin > PATIENCE.toNanos()) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    @Override
    public void close() {
        admin.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        ScriptedRedis known = scripted;
        if (known != null) {
            known.close();
        }
        redis.close();
        memcached.close();
    }
}
