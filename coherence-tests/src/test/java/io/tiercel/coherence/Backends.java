package io.tiercel.coherence;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;

/** A Redis Cluster of 3 primaries with a replica each, every node behind a fault proxy, and a memcached. */
final class Backends implements AutoCloseable {
    static final int SLOTS = 16_384;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RedisCluster redis = RedisCluster.start(RedisOptions.of(3, 1).withProxies());
    private final Memcached memcached = Memcached.start();
    private final RedisClient admin = RedisClient.create();

    /** Started, or the test is skipped with a word on how to get one. */
    static Memcached memcachedOrSkip() {
        Optional<Memcached> memcached = Memcached.startIfAvailable();
        Assumptions.assumeTrue(memcached.isPresent(), Memcached.howToGetIt());
        return memcached.orElseThrow();
    }

    RedisCluster redis() {
        return redis;
    }

    Memcached memcached() {
        return memcached;
    }

    /** Asks one node over a connection round its proxy. */
    <T> T ask(RedisNode node, Function<RedisCommands<String, String>, T> question) {
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(node.directPort())
                .withClientName("nemesis")
                .withTimeout(Duration.ofSeconds(2))
                .build();
        try (StatefulRedisConnection<String, String> connection = admin.connect(uri)) {
            return question.apply(connection.sync());
        }
    }

    /** The primaries and their slots, as any node that answers says. */
    Map<RedisNode, BitSet> primaries() {
        for (RedisNode node : redis.nodes()) {
            try {
                return parse(ask(node, RedisCommands::clusterNodes));
            } catch (RedisException e) {
                // Killed or frozen: the next one knows it too.
            }
        }
        throw new IllegalStateException("no node answers");
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

    /** Waits until another node than that serves its slots. */
    void awaitFailover(RedisNode failed, BitSet slots) throws Exception {
        int slot = slots.nextSetBit(0);
        await("failover of " + failed, () -> {
            for (RedisNode node : redis.nodes()) {
                if (!node.equals(failed) && serves(node, slot)) {
                    return true;
                }
            }
            return false;
        });
    }

    private boolean serves(RedisNode node, int slot) {
        return parse(ask(node, RedisCommands::clusterNodes))
                .getOrDefault(node, new BitSet())
                .get(slot);
    }

    /** Waits until every node agrees that all is well. */
    void awaitReady() {
        redis.awaitReady(PATIENCE);
    }

    List<RedisNode> nodes() {
        return redis.nodes();
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long begin = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begin > PATIENCE.toNanos()) {
                throw new IllegalStateException("not within " + PATIENCE + ": " + what);
            }
            Thread.sleep(50);
        }
    }

    @Override
    public void close() {
        admin.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        redis.close();
        memcached.close();
    }
}
