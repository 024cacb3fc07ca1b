package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tiercel.embedded.Faults.Direction;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class FaultProxyIT {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration SHORT = Duration.ofMillis(300);

    private static RedisServer server;
    private FaultProxy proxy;

    @BeforeAll
    static void startServer() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void start() {
        proxy = FaultProxy.start(server.host(), server.port());
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private Resp connect(Duration timeout) throws IOException {
        return Resp.connect(Address.loopback(proxy.port()), null, timeout);
    }

    @Test
    void small_and_large_replies_pass() throws Exception {
        String large = "x".repeat(3 << 20);
        try (Resp redis = connect(PATIENCE)) {
            assertThat(redis.call("SET", "large", large)).isEqualTo("OK");
            assertThat(redis.call("GET", "large")).isEqualTo(large);
            for (int i = 0; i < 2_000; i++) {
                assertThat(redis.call("INCR", "n")).isEqualTo((long) i + 1);
            }
            assertThat(proxy.connections()).isEqualTo(1);
        }
        Servers.eventually("the end of the connection", PATIENCE, () -> proxy.connections() == 0);
    }

    @Test
    void an_abandoned_connection_stays_silent_and_a_new_one_works() throws Exception {
        try (Resp redis = connect(SHORT)) {
            redis.call("SET", "abandoned", "1");
            proxy.all().abandon();
            proxy.all().pass();

            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> redis.call("GET", "abandoned"));
            try (Resp second = connect(PATIENCE)) {
                assertThat(second.call("GET", "abandoned")).isEqualTo("1");
            }
        }
    }

    @Test
    void a_frozen_connection_stays_and_goes_on_where_it_was() throws Exception {
        try (Resp redis = connect(SHORT);
                Resp direct = Resp.connect(Address.loopback(server.port()), null, PATIENCE)) {
            redis.call("DEL", "frozen");
            proxy.all().freeze();

            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> redis.call("SET", "frozen", "arrives late"));
            assertThat(direct.call("GET", "frozen")).isNull();
            proxy.all().pass();

            Servers.eventually("the held SET", PATIENCE, () -> "arrives late".equals(direct.call("GET", "frozen")));
        }
    }

    @Test
    void half_open_towards_the_client_the_server_still_gets_what_is_sent() throws Exception {
        try (Resp redis = connect(SHORT);
                Resp direct = Resp.connect(Address.loopback(server.port()), null, PATIENCE)) {
            proxy.all().freeze(Direction.TO_CLIENT);

            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> redis.call("SET", "half", "open"));

            assertThat(direct.call("GET", "half")).isEqualTo("open");
        }
    }

    @Test
    void only_the_client_of_that_name_freezes_and_its_new_connections_too() throws Exception {
        try (Resp orders = connect(SHORT);
                Resp billing = connect(PATIENCE)) {
            orders.call("CLIENT", "SETNAME", "orders");
            billing.call("CLIENT", "SETNAME", "orders2");

            proxy.client("orders").freeze();

            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> orders.call("PING"));
            assertThat(billing.call("PING")).isEqualTo("PONG");
            try (Resp again = connect(SHORT)) {
                assertThatExceptionOfType(SocketTimeoutException.class)
                        .isThrownBy(() -> again.call("CLIENT", "SETNAME", "orders-bus"));
            }
        }
    }

    @Test
    void a_delay_is_added_once_however_much_is_under_way() throws Exception {
        try (Resp redis = connect(PATIENCE)) {
            proxy.all().delay(Direction.TO_CLIENT, Duration.ofMillis(100));
            long begin = System.nanoTime();

            redis.call("SET", "large", "x".repeat(1 << 20));
            redis.call("GET", "large");

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(200), Duration.ofMillis(900));
        }
    }

    @Test
    void reset_ends_what_is_there_and_refuse_what_comes() throws Exception {
        try (Resp redis = connect(PATIENCE)) {
            assertThat(redis.call("PING")).isEqualTo("PONG");
            proxy.all().reset();
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> redis.call("PING"));
        }
        proxy.all().refuse();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> connect(PATIENCE).call("PING"));
        proxy.all().pass();
        try (Resp redis = connect(PATIENCE)) {
            assertThat(redis.call("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void close_leaves_no_thread_and_ends_the_connections() throws Exception {
        try (Resp redis = connect(PATIENCE)) {
            redis.call("PING");
            String thread = "fault-proxy-" + proxy.port();
            assertThat(threads()).contains(thread);

            proxy.close();
            proxy.close();

            assertThat(threads()).doesNotContain(thread);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> redis.call("PING"));
        }
    }

    @Test
    void all_clients_of_a_proxied_cluster_come_through_its_proxies_while_replicas_and_the_cluster_itself_do_not_suffer()
            throws Exception {
        try (RedisCluster cluster = RedisCluster.start(RedisOptions.of(3, 1).withProxies())) {
            RedisNode master = cluster.node(0);
            assertThat(cluster.uri()).contains(":" + master.proxy().port());
            try (Resp redis = Servers.connect(cluster.node(1))) {
                List<Integer> announced = redis.text("CLUSTER", "NODES")
                        .lines()
                        .map(line -> Integer.parseInt(line.replaceFirst("^\\S+ [^:]+:(\\d+)@.*", "$1")))
                        .toList();
                assertThat(announced)
                        .containsExactlyInAnyOrderElementsOf(
                                cluster.nodes().stream().map(RedisNode::port).toList());
            }

            cluster.nodes().forEach(node -> node.proxy().all().freeze());
            TimeUnit.SECONDS.sleep(3); // longer than the node timeout

            cluster.awaitReady(Duration.ofMillis(500));
            try (Resp direct = Resp.connect(Address.loopback(master.directPort()), null, PATIENCE)) {
                assertThat(direct.text("INFO", "replication")).contains("role:master", "state=online");
                direct.call("SET", keyOfFirstSlots(), "v");
                assertThat(direct.call("WAIT", "1", "1000")).isEqualTo(1L);
            }
        }
    }

    /** CRC16 of "b" is in the first third of the slots. */
    private static String keyOfFirstSlots() {
        return "b";
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
    }
}
