package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RedisClusterIT {

    @Test
    void a_cluster_of_three_masters_is_ready_when_start_returns() throws Exception {
        long begin = System.nanoTime();
        try (RedisCluster cluster = RedisCluster.start(3)) {
            System.out.printf("3 masters: %d ms%n", (System.nanoTime() - begin) / 1_000_000);

            assertThat(cluster.nodes()).hasSize(3).allMatch(RedisNode::isMaster).allMatch(RedisNode::isAlive);
            assertThat(cluster.uri()).matches("redis://127\\.0\\.0\\.1:\\d+(,127\\.0\\.0\\.1:\\d+){2}");
            for (RedisNode node : cluster.nodes()) {
                try (Resp redis = Servers.connect(node)) {
                    String info = redis.text("CLUSTER", "INFO");
                    assertThat(info).contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:3");
                    assertThat(redis.text("CLUSTER", "MYID")).isEqualTo(node.nodeId());
                }
            }
            assertThat(setEverywhere(cluster, 300)).isEqualTo(300);
        }
    }

    @Test
    void a_replica_takes_over_when_its_master_is_killed_and_the_master_comes_back_as_replica() throws Exception {
        long begin = System.nanoTime();
        try (RedisCluster cluster = RedisCluster.start(3, 1)) {
            System.out.printf("3 masters, 3 replicas: %d ms%n", (System.nanoTime() - begin) / 1_000_000);
            RedisNode master = cluster.node(0);
            RedisNode replica = cluster.node(3);
            assertThat(cluster.nodes())
                    .extracting(RedisNode::isMaster)
                    .containsExactly(true, true, true, false, false, false);
            assertThat(role(replica)).isEqualTo("slave");

            master.kill();

            assertThat(master.isAlive()).isFalse();
            Servers.eventually(
                    "failover", Duration.ofSeconds(20), () -> role(replica).equals("master"));
            cluster.awaitReady(Duration.ofSeconds(20));

            master.restart();

            Servers.eventually(
                    "its return", Duration.ofSeconds(20), () -> role(master).equals("slave"));
            cluster.awaitReady(Duration.ofSeconds(20));
        }
    }

    @Test
    void a_paused_node_answers_again_once_resumed() throws Exception {
        try (RedisCluster cluster = RedisCluster.start(RedisOptions.of(1, 0))) {
            RedisNode node = cluster.node(0);
            try (Resp redis = Resp.connect(Address.loopback(node.port()), null, Duration.ofMillis(300))) {
                node.pause();
                assertThat(node.isAlive()).isTrue();
                assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> redis.call("PING"));

                node.resume();
            }
            try (Resp redis = Servers.connect(node)) {
                assertThat(redis.call("PING")).isEqualTo("PONG");
            }
        }
    }

    @Test
    void a_restarted_node_has_its_port_and_identity_again_under_a_new_pid() throws Exception {
        try (RedisCluster cluster = RedisCluster.start(3)) {
            RedisNode node = cluster.node(1);
            long pid = node.pid();

            node.restart();

            assertThat(node.pid()).isNotEqualTo(pid);
            assertThat(Servers.isRunning(pid)).isFalse();
            try (Resp redis = Servers.connect(node)) {
                assertThat(redis.text("CLUSTER", "MYID")).isEqualTo(node.nodeId());
            }
            cluster.awaitReady(Duration.ofSeconds(20));
        }
    }

    @Test
    void close_leaves_neither_process_nor_directory_even_of_a_paused_node() throws Exception {
        RedisCluster cluster = RedisCluster.start(3);
        List<Long> pids = cluster.nodes().stream().map(RedisNode::pid).toList();
        Path directory =
                Servers.directory("redis-server", cluster.node(0).port()).orElseThrow();
        cluster.node(0).pause();
        cluster.node(1).kill();

        cluster.close();
        cluster.close();

        assertThat(pids).noneMatch(Servers::isRunning);
        assertThat(directory).doesNotExist();
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> cluster.node(1).restart());
    }

    @Test
    void a_password_is_required_when_set_and_stands_in_the_uri() throws Exception {
        RedisOptions options = RedisOptions.of(2, 1).withPassword("p@ss \"word\"");
        try (RedisCluster cluster = RedisCluster.start(options)) {
            assertThat(cluster.uri()).startsWith("redis://:p%40ss%20%22word%22@127.0.0.1:");
            assertThat(cluster.describe()).doesNotContain("word");
            try (Resp redis = Servers.connect(cluster.node(0))) {
                assertThatExceptionOfType(Resp.ErrorReply.class)
                        .isThrownBy(() -> redis.call("PING"))
                        .withMessageStartingWith("NOAUTH");
            }
            try (Resp redis =
                    Resp.connect(Address.loopback(cluster.node(0).port()), "p@ss \"word\"", Duration.ofSeconds(2))) {
                assertThat(redis.call("PING")).isEqualTo("PONG");
            }
        }
    }

    @Test
    void addresses_in_the_environment_are_used_and_left_alone() throws Exception {
        try (RedisCluster own = RedisCluster.start(RedisOptions.of(2, 0).withPassword("secret"))) {
            Surroundings surroundings = new Surroundings(Map.of("TIERCEL_REDIS", own.uri()));

            RedisCluster cluster = RedisCluster.start(RedisOptions.of(5, 0), surroundings);

            assertThat(cluster.source().kind()).isEqualTo(ServerSource.Kind.ENVIRONMENT);
            assertThat(cluster.source().description()).doesNotContain("secret");
            assertThat(cluster.uri()).isEqualTo(own.uri());
            assertThat(cluster.node(1).nodeId()).isEqualTo(own.node(1).nodeId());
            assertThat(cluster.node(0).isAlive()).isTrue();
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> cluster.node(0).kill())
                    .withMessageContaining("TIERCEL_REDIS")
                    .withMessageNotContaining("secret");
            cluster.close();
            assertThat(own.nodes()).allMatch(RedisNode::isAlive);
        }
    }

    @Test
    void an_address_in_the_environment_that_does_not_answer_is_an_error() {
        Surroundings surroundings = new Surroundings(
                Map.of("TIERCEL_REDIS", "127.0.0.1:" + Ports.free(1).get(0)));

        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> RedisCluster.start(RedisOptions.of(3, 0), surroundings))
                .withMessageContaining("does not answer");
    }

    @Test
    void a_redis_server_on_PATH_goes_before_the_bundled_one(@TempDir Path directory) throws Exception {
        Servers.directoryWithRedisServer(directory);
        Surroundings surroundings = new Surroundings(Map.of("PATH", "/nowhere:" + directory));

        try (RedisCluster cluster = RedisCluster.start(RedisOptions.of(1, 0), surroundings)) {
            assertThat(cluster.source().kind()).isEqualTo(ServerSource.Kind.LOCAL_BINARY);
            assertThat(cluster.source().description())
                    .isEqualTo("redis-server 7.0.15 from PATH (" + directory.resolve("redis-server") + ")");
        }
    }

    @Test
    void a_redis_server_on_PATH_that_is_too_old_is_passed_over(@TempDir Path directory) throws Exception {
        Servers.script(directory.resolve("redis-server"), "#!/bin/sh", "echo Redis server v=6.2.9 sha=0");
        Surroundings surroundings = new Surroundings(Map.of("PATH", directory.toString()));

        assertThat(new Choice(surroundings).redis().source().kind()).isEqualTo(ServerSource.Kind.BUNDLED_BINARY);
    }

    @Test
    void a_start_that_fails_says_how_the_log_ends_and_keeps_it() throws Exception {
        RedisOptions options = RedisOptions.of(1, 0).withConfigLines("no-such-setting 1");

        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> RedisCluster.start(options, new Surroundings(Map.of("TIERCEL_SERVERS", "local"))))
                .withMessageContaining("no-such-setting")
                .satisfies(
                        e -> assertThat(Servers.deleteKeptLog(e.getMessage())).isTrue());
    }

    private static String role(RedisNode node) throws Exception {
        return new RedisProbe(Address.loopback(node.port()), null).isMaster() ? "master" : "slave";
    }

    /** Writes keys of all slots, each on the node that takes it; a node refuses foreign ones with MOVED. */
    private static int setEverywhere(RedisCluster cluster, int keys) throws Exception {
        int stored = 0;
        for (RedisNode node : cluster.nodes()) {
            try (Resp redis = Servers.connect(node)) {
                for (int i = 0; i < keys; i++) {
                    try {
                        redis.call("SET", "key-" + i, "value");
                        stored++;
                    } catch (Resp.ErrorReply e) {
                        assertThat(e).hasMessageStartingWith("MOVED");
                    }
                }
            }
        }
        return stored;
    }
}
