package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The last choice: servers in containers. */
final class ContainersIT {

    private static final Surroundings CONTAINER = new Surroundings(Map.of("TIERCEL_SERVERS", "container"));

    @BeforeAll
    static void only_where_a_container_engine_answers() {
        assumeTrue(ContainerHost.isEngineAvailable(), "no container engine answers");
    }

    @Test
    void a_cluster_in_a_container_is_ready_when_start_returns_and_fails_over() throws Exception {
        long begin = System.nanoTime();
        try (RedisCluster cluster = RedisCluster.start(RedisOptions.of(3, 1), CONTAINER)) {
            System.out.printf("3 masters, 3 replicas in a container: %d ms%n", (System.nanoTime() - begin) / 1_000_000);
            assertThat(cluster.source().kind()).isEqualTo(ServerSource.Kind.CONTAINER);
            for (RedisNode node : cluster.nodes()) {
                try (Resp redis = Servers.connect(node)) {
                    assertThat(redis.text("CLUSTER", "INFO")).contains("cluster_state:ok", "cluster_slots_ok:16384");
                }
            }

            cluster.node(0).kill();

            assertThat(cluster.node(0).isAlive()).isFalse();
            RedisProbe replica = new RedisProbe(Address.loopback(cluster.node(3).port()), null);
            Servers.eventually("failover", Duration.ofSeconds(20), replica::isMaster);

            cluster.node(0).restart();
            cluster.awaitReady(Duration.ofSeconds(20));
        }
    }

    @Test
    void memcached_in_a_container_can_be_paused_and_restarted_on_its_port() throws Exception {
        try (Memcached memcached = Memcached.start(MemcachedOptions.defaults(), CONTAINER)) {
            assertThat(memcached.source().kind()).isEqualTo(ServerSource.Kind.CONTAINER);

            memcached.pause();
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> Servers.memcached(memcached, "version\r\n", 8));
            memcached.resume();
            assertThat(Servers.memcached(memcached, "version\r\n", 8)).isEqualTo("VERSION ");

            memcached.kill();
            assertThat(memcached.isAlive()).isFalse();
            memcached.restart();
            assertThat(Servers.memcached(memcached, "version\r\n", 8)).isEqualTo("VERSION ");
        }
    }
}
