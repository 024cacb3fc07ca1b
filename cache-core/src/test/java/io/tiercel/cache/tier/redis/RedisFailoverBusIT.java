package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The change feed while replicas take over. */
@Timeout(120)
class RedisFailoverBusIT {
    private static final Duration BOUND = Duration.ofMillis(1_500);
    private static final Duration PATIENT = Duration.ofSeconds(40);
    private static final RedisOptions OPTIONS = RedisOptions.of(3, 1).withNodeTimeout(Duration.ofSeconds(1));

    @Test
    void a_replica_that_takes_over_is_listened_to_and_what_was_known_is_forgotten() {
        try (RedisCluster cluster = RedisCluster.start(OPTIONS);
                RedisConsole other = new RedisConsole(cluster.node(1).port());
                RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()).name("busfail"))) {
            int[] owners = other.sectionOwners();
            Told told = new Told();
            ChangeFeed feed = tier.changes(List.of("f:"), BOUND, told);
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            List<Integer> lost = Told.sectionsOf(cluster.node(0).port(), owners);
            List<Integer> kept = Told.sectionsOf(cluster.node(1).port(), owners);

            cluster.node(0).kill();
            long killed = System.nanoTime();
            await().pollInterval(Duration.ofMillis(2))
                    .atMost(PATIENT)
                    .until(() -> lost.stream().noneMatch(section -> Told.isVouched(feed, section)));
            long stopped = System.nanoTime() - killed;
            await().pollInterval(Duration.ofMillis(2))
                    .atMost(PATIENT)
                    .until(() -> other.sectionOwners()[lost.get(0)]
                            != cluster.node(0).port());
            long promoted = System.nanoTime() - killed;
            Told.awaitVouched(feed);
            System.out.printf(
                    "kill -9: not vouched after %d ms, replica promoted after %d ms, vouched again after %d ms%n",
                    TimeUnit.NANOSECONDS.toMillis(stopped),
                    TimeUnit.NANOSECONDS.toMillis(promoted),
                    Duration.ofNanos(System.nanoTime() - killed).toMillis());

            long[] after = Told.epochs(feed);
            assertThat(lost).allMatch(section -> after[section] != before[section]);
            assertThat(kept).allMatch(section -> after[section] == before[section]);
            tellsOfEverySection(other, told);

            cluster.node(0).restart(); // as a replica
            await().atMost(PATIENT).until(() -> feed.nodes().size() == 3);
            Told.awaitVouched(feed);
            tellsOfEverySection(other, told);
        }
    }

    @Test
    void a_primary_that_slept_through_its_failover_vouches_for_nothing_when_it_wakes() {
        try (RedisCluster cluster = RedisCluster.start(OPTIONS);
                RedisConsole other = new RedisConsole(cluster.node(1).port());
                RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()).name("bussleep"))) {
            int[] owners = other.sectionOwners();
            List<Integer> lost = Told.sectionsOf(cluster.node(0).port(), owners);
            Told told = new Told();
            ChangeFeed feed = tier.changes(List.of("f:"), BOUND, told);
            Told.awaitVouched(feed);

            cluster.node(0).pause();
            long paused = System.nanoTime();
            await().pollInterval(Duration.ofMillis(2))
                    .atMost(PATIENT)
                    .until(() -> lost.stream().noneMatch(section -> Told.isVouched(feed, section)));
            Told.awaitVouched(feed);
            System.out.printf(
                    "SIGSTOP: vouched for again by the replica after %d ms%n",
                    Duration.ofNanos(System.nanoTime() - paused).toMillis());
            long[] before = Told.epochs(feed);
            cluster.node(0).resume();

            await().atMost(PATIENT).until(() -> feed.nodes().size() == 3);
            Told.awaitVouched(feed);
            assertThat(Told.epochs(feed)).isEqualTo(before); // its word no longer counts
            tellsOfEverySection(other, told);
        }
    }

    @Test
    void a_primary_that_is_dead_without_a_replica_takes_only_its_own_sections_with_it() throws Exception {
        RedisOptions bare = RedisOptions.of(3, 0).withNodeTimeout(Duration.ofSeconds(1));
        try (RedisCluster cluster = RedisCluster.start(bare);
                RedisConsole other = new RedisConsole(cluster.node(1).port());
                RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()).name("busdead"))) {
            int[] owners = other.sectionOwners();
            ChangeFeed feed = tier.changes(List.of("f:"), BOUND, new Told());
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            List<Integer> dead = Told.sectionsOf(cluster.node(0).port(), owners);
            List<Integer> alive = IntStream.range(0, owners.length)
                    .filter(i -> owners[i] != 0 && owners[i] != cluster.node(0).port())
                    .boxed()
                    .toList();

            cluster.node(0).kill();
            TimeUnit.SECONDS.sleep(4); // the others have declared it dead
            await().atMost(PATIENT).until(() -> alive.stream().allMatch(section -> Told.isVouched(feed, section)));
            assertThat(dead).noneMatch(section -> Told.isVouched(feed, section));
            assertThat(alive).allMatch(section -> Told.epochs(feed)[section] == before[section]);

            // A late feed is served by the healthy ones just the same.
            ChangeFeed late = tier.changes(List.of("late:"), BOUND, new Told());
            await().atMost(PATIENT).until(() -> alive.stream().allMatch(section -> Told.isVouched(late, section)));
            assertThat(dead).noneMatch(section -> Told.isVouched(late, section));

            cluster.node(0).restart();
            Told.awaitVouched(feed);
            Told.awaitVouched(late);
            long[] after = Told.epochs(feed);
            assertThat(dead).allMatch(section -> after[section] != before[section]);
        }
    }

    @Test
    void a_primary_that_lost_sight_of_the_majority_vouches_for_nothing() {
        RedisOptions bare = RedisOptions.of(3, 0).withNodeTimeout(Duration.ofSeconds(1));
        try (RedisCluster cluster = RedisCluster.start(bare);
                RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()).name("buscut"))) {
            ChangeFeed feed = tier.changes(List.of("f:"), BOUND, new Told());
            Told.awaitVouched(feed);

            cluster.node(0).pause();
            cluster.node(1).pause();
            try {
                await().atMost(PATIENT)
                        .until(() -> IntStream.range(0, feed.sections())
                                .noneMatch(section -> Told.isVouched(feed, section)));
                assertThat(feed.nodes()).anyMatch(node -> node.state() == ChangeFeed.State.ARMED);
            } finally {
                cluster.node(0).resume();
                cluster.node(1).resume();
            }
            Told.awaitVouched(feed);
        }
    }

    /** Writes with a cluster's client, as somebody else would. */
    private static void tellsOfEverySection(RedisConsole seed, Told told) {
        RedisClusterClient client = RedisClusterClient.create(RedisURI.create("127.0.0.1", seed.port()));
        try (var connection = client.connect()) {
            for (int section = 0; section < Slots.SECTIONS; section++) {
                String key = Slots.keyIn(section, "f:" + System.nanoTime());
                connection.sync().set(key, "v");
                told.awaitChanges(key, 1);
            }
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }
}
