package io.tiercel.cache.tier.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.event.ClusterTopologyChangedEvent;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * The nodes of a cluster. Lettuce opens a node's connection at the first command for it and refuses that command, so
 * all are opened as soon as the node is known. A node that hangs tells nobody: some timeouts in a row make this ask for
 * the topology, which by then may name a new primary.
 *
 * <p>Thread-safe.
 */
final class ClusterLink implements RedisLink {
    private static final Logger log = LoggerFactory.getLogger(ClusterLink.class);
    private static final int SUSPICIOUS = 3;
    private static final int MOST_ADDRESSES = 2_000;
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RedisClusterClient client;
    private final StatefulRedisClusterConnection<byte[], byte[]> connection;
    private final Map<String, Address> addresses = new ConcurrentHashMap<>();
    private final Map<String, Integer> timeoutsInARow = new ConcurrentHashMap<>();
    private final AtomicLong refreshedAt = new AtomicLong(System.nanoTime() - REFRESH_NANOS);
    private final Disposable topologyChanges;

    ClusterLink(RedisClusterClient client, StatefulRedisClusterConnection<byte[], byte[]> connection) {
        this.client = client;
        this.connection = connection;
        this.topologyChanges = client.getResources().eventBus().get().subscribe(event -> {
            if (event instanceof ClusterTopologyChangedEvent) {
                var unused = openAll(); // whoever needs a node that failed tries again
            }
        });
    }

    /** Completes when every primary is connected or known not to be. */
    CompletableFuture<?> openAll() {
        return CompletableFuture.allOf(connection.getPartitions().stream()
                .filter(node -> !node.getSlots().isEmpty())
                .map(node -> open(node).exceptionally(failure -> {
                    log.debug("cannot connect to {}", node.getUri(), failure);
                    return null;
                }))
                .toArray(CompletableFuture[]::new));
    }

    @Override
    public StatefulConnection<byte[], byte[]> routed() {
        return connection;
    }

    @Override
    public List<Share> split(List<byte[]> keys) {
        IdentityHashMap<RedisClusterNode, List<Integer>> elements = new IdentityHashMap<>();
        List<Integer> homeless = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            RedisClusterNode node = nodeOf(keys.get(i));
            (node == null ? homeless : elements.computeIfAbsent(node, n -> new ArrayList<>())).add(i);
        }
        List<Share> shares = new ArrayList<>(elements.size() + 1);
        elements.forEach((node, own) -> shares.add(new Share(open(node), own)));
        if (!homeless.isEmpty()) {
            shares.add(
                    new Share(CompletableFuture.failedFuture(new TierException("no node serves the slot")), homeless));
        }
        return shares;
    }

    @Override
    public void answered(byte[] key) {
        if (timeoutsInARow.isEmpty()) {
            return;
        }
        RedisClusterNode node = nodeOf(key);
        if (node != null) {
            timeoutsInARow.remove(node.getNodeId());
        }
    }

    @Override
    public void timedOut(byte[] key) {
        RedisClusterNode node = nodeOf(key);
        if (node != null && timeoutsInARow.merge(node.getNodeId(), 1, Integer::sum) >= SUSPICIOUS) {
            refreshInDoubt();
        }
    }

    @Override
    public RedisUri.@Nullable Server serverOf(byte[] key) {
        RedisClusterNode node = nodeOf(key);
        return node == null ? null : address(node).server;
    }

    @Override
    public List<RedisUri.Server> primaries() {
        return connection.getPartitions().stream()
                .filter(node -> node.getRole().isUpstream())
                .map(node -> new RedisUri.Server(
                        node.getUri().getHost(), node.getUri().getPort()))
                .toList();
    }

    @Override
    public @Nullable String nodeOf(int slot) {
        RedisClusterNode node = connection.getPartitions().getMasterBySlot(slot);
        return node == null ? null : node.getNodeId();
    }

    @Override
    public @Nullable String addressOf(byte[] key) {
        RedisClusterNode node = nodeOf(key);
        return node == null ? null : address(node).text;
    }

    private Address address(RedisClusterNode node) {
        RedisURI uri = node.getUri();
        Address known = addresses.get(node.getNodeId());
        if (known == null || !known.is(uri)) {
            if (addresses.size() > MOST_ADDRESSES) {
                addresses.clear(); // of nodes that are gone for the most part
            }
            known = new Address(uri.getHost(), uri.getPort());
            addresses.put(node.getNodeId(), known);
        }
        return known;
    }

    /** A node's address, written out once. */
    private static final class Address {
        final RedisUri.Server server;
        final String text;

        Address(String host, int port) {
            this.server = new RedisUri.Server(host, port);
            this.text = server.toString();
        }

        boolean is(RedisURI uri) {
            return uri.getPort() == server.port() && uri.getHost().equals(server.host());
        }
    }

    @Override
    public CompletableFuture<?> refresh() {
        try {
            return client.refreshPartitionsAsync().toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e); // closed
        }
    }

    @Override
    public void close() {
        topologyChanges.dispose();
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private void refreshInDoubt() {
        long last = refreshedAt.get();
        long now = System.nanoTime();
        if (now - last < REFRESH_NANOS || !refreshedAt.compareAndSet(last, now)) {
            return;
        }
        timeoutsInARow.clear();
        var unused = refresh().whenComplete((done, failure) -> {
            if (failure != null) {
                log.debug("topology refresh failed", failure);
            }
        });
    }

    private @Nullable RedisClusterNode nodeOf(byte[] key) {
        return connection.getPartitions().getMasterBySlot(SlotHash.getSlot(key));
    }

    /** By host and port: by its id Lettuce would open a second connection to the same node. */
    private CompletableFuture<StatefulRedisConnection<byte[], byte[]>> open(RedisClusterNode node) {
        try {
            return connection.getConnectionAsync(
                    node.getUri().getHost(), node.getUri().getPort());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
