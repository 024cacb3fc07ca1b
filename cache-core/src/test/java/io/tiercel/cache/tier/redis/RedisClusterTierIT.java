package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.RemoteTierContract;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RedisClusterTierIT extends RemoteTierContract {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final RedisCluster cluster = RedisCluster.start(3);
    private static final SlotOwners owners = SlotOwners.of(cluster.node(0).port());
    private static final List<String> KEYS_ON_FIRST = IntStream.range(0, 10_000)
            .mapToObj(i -> "cluster:" + i)
            .filter(key -> owners.owns(cluster.node(0).port(), key))
            .toList();

    @Override
    protected RemoteTier connect(String name, Duration timeout) {
        return RedisTier.connect(RedisConfig.of(cluster.uri()).name(name).timeout(timeout));
    }

    @Override
    protected FaultableServer server() {
        return cluster.node(0);
    }

    @Override
    protected String keyOnServer(int number) {
        return KEYS_ON_FIRST.get(number);
    }

    @Test
    void a_thousand_keys_are_one_write_for_each_node() {
        WriteCounter counter = new WriteCounter();
        RedisConfig quiet = RedisConfig.of(cluster.uri())
                .topologyRefresh(Duration.ofHours(1))
                .timeout(Duration.ofSeconds(5));
        try (RedisTier own = RedisTier.connect(quiet, counter::watch)) {
            awaitUse(own, Duration.ofSeconds(5));
            for (int size : new int[] {1_000, 5_000}) {
                List<String> keys =
                        IntStream.range(0, size).mapToObj(i -> freshKey()).toList();

                int puts = counter.during(() -> join(own.putAll(keys.stream()
                        .map(key -> new TierEntry(key, bytes(key), TTL))
                        .toList())));
                int gets = counter.during(() -> assertThat(join(own.getAll(keys)))
                        .allMatch(outcome -> outcome instanceof Outcome.Done<byte[]> done && done.value() != null));
                int conditional = counter.during(() -> join(own.putAllIfAbsent(keys.stream()
                        .map(key -> new TierEntry(key, bytes(key), TTL))
                        .toList())));
                replaceAll(own, keys); // each node learns the script
                int replacements = counter.during(() -> replaceAll(own, keys));
                int removals = counter.during(() -> join(own.removeAll(keys)));

                System.out.printf(
                        "%d keys: %d/%d/%d/%d/%d flushes for put/get/put if absent/replace/remove%n",
                        size, puts, gets, conditional, replacements, removals);
                assertThat(List.of(puts, gets, conditional, replacements, removals))
                        .allMatch(flushes -> flushes <= 3);
            }
        }
    }

    private static void replaceAll(RedisTier own, List<String> keys) {
        assertThat(join(own.replaceAllIfStartsWith(keys.stream()
                        .map(key -> new Replacement(key, bytes(key), bytes(key), TTL))
                        .toList())))
                .allMatch(Outcome.done(true)::equals);
    }

    @Test
    void a_key_is_said_to_be_on_the_node_that_has_its_slot() {
        try (RemoteTier own = connectAndUse("node")) {
            for (int i = 0; i < 300; i++) {
                String key = "node:" + i;
                String node = own.node(key);

                int port = Integer.parseInt(node.substring(node.lastIndexOf(':') + 1));
                assertThat(owners.owns(port, key)).as("%s on %s", key, node).isTrue();
                assertThat(own.shared().node(key)).as("made once").isSameAs(node);
            }
        }
    }

    @Test
    void a_bulk_larger_than_the_queue_is_sent_in_parts() {
        RedisConfig small = RedisConfig.of(cluster.uri()).requestQueueSize(200).timeout(Duration.ofSeconds(5));
        try (RedisTier own = RedisTier.connect(small)) {
            List<String> keys =
                    IntStream.range(0, 3_000).mapToObj(i -> freshKey()).toList();

            assertThat(join(own.putAll(keys.stream()
                            .map(key -> new TierEntry(key, bytes(key), TTL))
                            .toList())))
                    .hasSize(3_000)
                    .allMatch(Outcome.nothing()::equals);
            assertThat(join(own.getAll(keys))).allMatch(Outcome.Done.class::isInstance);
        }
    }

    @Test
    void a_dead_node_fails_only_its_own_keys() {
        try (RemoteTier own = connectAndUse("dead")) {
            List<String> keys =
                    IntStream.range(0, 300).mapToObj(i -> "dead:" + i).toList();
            join(own.putAll(keys.stream()
                    .map(key -> new TierEntry(key, bytes(key), TTL))
                    .toList()));
            cluster.node(0).kill();
            try {
                List<Outcome<byte[]>> outcomes = join(own.getAll(keys));

                for (int i = 0; i < keys.size(); i++) {
                    boolean dead = owners.owns(cluster.node(0).port(), keys.get(i));
                    assertThat(outcomes.get(i)).isInstanceOf(dead ? Outcome.Failed.class : Outcome.Done.class);
                    if (!dead) {
                        assertThat(value(outcomes.get(i))).isEqualTo(bytes(keys.get(i)));
                    }
                }
            } finally {
                cluster.node(0).restart();
            }
            awaitUse(own, Duration.ofSeconds(10));
        }
    }

    @Test
    void a_hung_node_fails_only_its_own_keys() {
        try (RemoteTier own = connectAndUse("hung")) {
            List<String> keys =
                    IntStream.range(0, 300).mapToObj(i -> "hung:" + i).toList();
            freeze(cluster.node(0));
            try {
                List<Outcome<Void>> outcomes = join(own.putAll(keys.stream()
                        .map(key -> new TierEntry(key, bytes(key), TTL))
                        .toList()));

                for (int i = 0; i < keys.size(); i++) {
                    boolean hung = owners.owns(cluster.node(0).port(), keys.get(i));
                    assertThat(outcomes.get(i)).isInstanceOf(hung ? Outcome.Failed.class : Outcome.Done.class);
                }
            } finally {
                cluster.node(0).resume();
            }
            awaitUse(own, Duration.ofSeconds(10));
        }
    }

    @Test
    void a_slot_that_moves_is_followed_in_bulk_too() {
        RedisConfig quiet = RedisConfig.of(cluster.uri())
                .topologyRefresh(Duration.ofHours(1))
                .name("moved");
        String tag = "{" + keyOnServer(3) + "}";
        int slot = SlotHash.getSlot(tag);
        List<String> keys = IntStream.range(0, 20).mapToObj(i -> tag + i).toList();
        try (RedisTier own = RedisTier.connect(quiet);
                Direct from = new Direct(cluster.node(0).port());
                Direct to = new Direct(cluster.node(1).port());
                Direct third = new Direct(cluster.node(2).port())) {
            join(own.putAll(keys.stream()
                    .map(key -> new TierEntry(key, bytes(key), TTL))
                    .toList()));
            String source = from.commands().clusterMyId();
            String target = to.commands().clusterMyId();

            to.commands().clusterSetSlotImporting(slot, source);
            from.commands().clusterSetSlotMigrating(slot, target);
            move(from, cluster.node(1).port(), keys.subList(0, 10));
            List<Outcome<byte[]>> halfway = join(own.getAll(keys)); // ASK
            move(from, cluster.node(1).port(), keys.subList(10, 20));
            to.commands().clusterSetSlotNode(slot, target);
            from.commands().clusterSetSlotNode(slot, target);
            third.commands().clusterSetSlotNode(slot, target);
            try {
                List<Outcome<byte[]>> after = join(own.getAll(keys)); // MOVED

                for (int i = 0; i < keys.size(); i++) {
                    assertThat(value(halfway.get(i))).isEqualTo(bytes(keys.get(i)));
                    assertThat(value(after.get(i))).isEqualTo(bytes(keys.get(i)));
                    assertThat(join(own.get(keys.get(i)))).isEqualTo(bytes(keys.get(i)));
                }
                assertThat(join(own.removeAll(keys))).allMatch(Outcome.done(true)::equals);
            } finally {
                for (Direct node : List.of(from, to, third)) {
                    node.commands().clusterSetSlotNode(slot, source);
                }
            }
        }
    }

    private static void move(Direct from, int port, List<String> keys) {
        from.commands().migrate("127.0.0.1", port, 0, 5_000, MigrateArgs.Builder.keys(keys));
    }

    @Test
    void a_cluster_has_one_database() {
        assertThatThrownBy(() -> RedisTier.connect(RedisConfig.of(cluster.uri()).database(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("database");
    }

    @Test
    void one_seed_is_enough() {
        try (RedisTier own = RedisTier.connect("127.0.0.1:" + cluster.node(2).port())) {
            assertThat(join(own.getAll(
                            IntStream.range(0, 100).mapToObj(i -> freshKey()).toList())))
                    .allMatch(Outcome.nothing()::equals);
        }
    }

    @Test
    void a_replica_takes_over_from_a_primary_that_dies_or_hangs() {
        try (RedisCluster replicated =
                        RedisCluster.start(RedisOptions.of(3, 1).withNodeTimeout(Duration.ofSeconds(1)));
                RedisTier own =
                        RedisTier.connect(RedisConfig.of(replicated.uri()).name("failover"))) {
            SlotOwners replicatedOwners = SlotOwners.of(replicated.node(0).port());
            String first = replicatedOwners.keyOn(replicated.node(0).port());
            String second = replicatedOwners.keyOn(replicated.node(1).port());
            join(own.put(first, bytes("v"), TTL));
            join(own.put(second, bytes("v"), TTL));

            replicated.node(0).kill();
            long millis = millisUntilWritten(own, first);
            System.out.printf("failover after kill: written again after %d ms%n", millis);
            freeze(replicated.node(1));
            long hungMillis = millisUntilWritten(own, second);
            System.out.printf("failover after hang: written again after %d ms%n", hungMillis);

            List<String> all =
                    IntStream.range(0, 100).mapToObj(i -> "failover:" + i).toList();
            assertThat(join(own.getAll(all))).allMatch(Outcome.nothing()::equals);
            replicated.node(1).resume();
        }
    }

    private static long millisUntilWritten(RedisTier own, String key) {
        long start = System.nanoTime();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> {
                    join(own.put(key, bytes("new"), TTL));
                    return Arrays.equals(join(own.get(key)), bytes("new"));
                });
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    /** Counts flushes that had something to send, next to the socket. */
    private static final class WriteCounter {
        private final AtomicInteger flushes = new AtomicInteger();

        void watch(Channel channel) {
            channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                private boolean something;

                @Override
                public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
                        throws Exception {
                    something = true;
                    super.write(context, message, promise);
                }

                @Override
                public void flush(ChannelHandlerContext context) throws Exception {
                    if (something) {
                        flushes.incrementAndGet();
                    }
                    something = false;
                    super.flush(context);
                }
            });
        }

        int during(Runnable action) {
            int before = flushes.get();
            action.run();
            return flushes.get() - before;
        }
    }

    /** A plain connection to one node. */
    private static final class Direct implements AutoCloseable {
        private final RedisClient client;
        private final StatefulRedisConnection<String, String> connection;

        Direct(int port) {
            client = RedisClient.create(RedisURI.create("127.0.0.1", port));
            connection = client.connect();
        }

        RedisCommands<String, String> commands() {
            return connection.sync();
        }

        @Override
        public void close() {
            connection.close();
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    /** Which port serves which slot, as a node says. */
    private record SlotOwners(Map<Integer, Integer> portOfSlot) {
        static SlotOwners of(int port) {
            Map<Integer, Integer> portOfSlot = new HashMap<>();
            try (Direct node = new Direct(port)) {
                for (Object range : node.commands().clusterSlots()) {
                    List<?> parts = (List<?>) range;
                    List<?> primary = (List<?>) parts.get(2);
                    int owner = ((Number) primary.get(1)).intValue();
                    for (long slot = (Long) parts.get(0); slot <= (Long) parts.get(1); slot++) {
                        portOfSlot.put((int) slot, owner);
                    }
                }
            }
            return new SlotOwners(portOfSlot);
        }

        boolean owns(int port, String key) {
            return Objects.equals(portOfSlot.get(SlotHash.getSlot(key)), port);
        }

        String keyOn(int port) {
            return new ArrayList<>(IntStream.range(0, 1_000)
                            .mapToObj(i -> "failover:key:" + i)
                            .toList())
                    .stream().filter(key -> owns(port, key)).findFirst().orElseThrow();
        }
    }
}
