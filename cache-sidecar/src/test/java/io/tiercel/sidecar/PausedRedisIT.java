package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis is there and does not answer: what is under way and what waits is bounded, and everybody gets an answer. */
final class PausedRedisIT {
    private static final int IN_FLIGHT = 64;
    private static final int QUEUE = 128;
    /** Redis' timeout, the queue's, the time it takes to look, and that of a slow machine. */
    private static final long LONGEST_MS = 1_000 + 500 + 5_000;

    private final List<RawClient> clients = new ArrayList<>();
    private RedisServer redis;
    private RunningSidecar sidecar;

    @BeforeEach
    void start() throws StartException {
        redis = RedisServer.start();
        sidecar = RunningSidecar.with(
                        "--redis",
                        redis.uri(),
                        "--redis-timeout",
                        "1s",
                        "--queue-timeout",
                        "500ms",
                        "--max-in-flight",
                        Integer.toString(IN_FLIGHT),
                        "--queue-max-size",
                        Integer.toString(QUEUE),
                        "--stale-if-down",
                        "0s")
                .awaitRedis();
    }

    @AfterEach
    void end() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        sidecar.close();
        redis.close();
    }

    private RawClient client() throws IOException {
        RawClient client = sidecar.client();
        clients.add(client);
        return client;
    }

    private void awaitHealth(RawClient client) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> client.ask("SET", "after", "v").equals("+OK\r\n")
                        && client.ask("GET", "after").equals("$1\r\nv\r\n"));
        await().atMost(Duration.ofSeconds(5))
                .until(() -> RunningSidecar.figure(client, "in_flight") == 0
                        && RunningSidecar.figure(client, "queued") == 0);
    }

    @Test
    void what_redis_does_not_take_waits_or_is_refused_and_all_is_well_afterwards() throws Exception {
        RawClient watcher = client();
        List<RawClient> busy = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            RawClient one = client();
            assertThat(one.ask("PING")).isEqualTo("+PONG\r\n");
            busy.add(one);
        }
        redis.pause();
        long mostInFlight = 0;
        long mostQueued = 0;
        try {
            long begin = System.nanoTime();
            for (int i = 0; i < busy.size(); i++) {
                busy.get(i)
                        .send(RawClient.encoded("SET", "paused:" + i, "v").repeat(2)
                                + RawClient.encoded("GET", "paused:" + i).repeat(2));
            }
            for (int i = 0; i < 10; i++) {
                mostInFlight = Math.max(mostInFlight, RunningSidecar.figure(watcher, "in_flight"));
                mostQueued = Math.max(mostQueued, RunningSidecar.figure(watcher, "queued"));
            }
            int overloaded = 0;
            int late = 0;
            for (RawClient one : busy) {
                for (int i = 0; i < 4; i++) {
                    String reply = one.reply();
                    assertThat(reply).matches("-(OVERLOADED|TIMEOUT|TIERDOWN) .*\r\n");
                    overloaded += reply.startsWith("-OVERLOADED") ? 1 : 0;
                    late += reply.startsWith("-OVERLOADED") ? 0 : 1;
                }
                assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))
                        .isLessThan(LONGEST_MS);
            }
            assertThat(overloaded).isPositive();
            assertThat(late).isPositive();
            assertThat(RunningSidecar.figure(watcher, "overloaded")).isGreaterThanOrEqualTo(overloaded);
        } finally {
            redis.resume();
        }

        assertThat(mostInFlight).isPositive().isLessThanOrEqualTo(IN_FLIGHT);
        assertThat(mostQueued).isPositive().isLessThanOrEqualTo(QUEUE);
        awaitHealth(watcher);
        for (RawClient one : busy) {
            assertThat(one.ask("PING")).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void those_who_wait_are_let_go_when_the_server_is_gone() throws Exception {
        RawClient watcher = client();
        List<RawClient> busy = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            busy.add(client());
            assertThat(busy.get(i).ask("PING")).isEqualTo("+PONG\r\n");
        }
        redis.pause();
        for (RawClient one : busy) {
            one.send(RawClient.encoded("SET", "gone", "v").repeat(2));
        }
        redis.kill();
        for (RawClient one : busy) {
            assertThat(one.reply()).startsWith("-");
            assertThat(one.reply()).startsWith("-");
        }

        redis.restart();
        awaitHealth(watcher);
    }

    @Test
    void no_transaction_is_sent_without_its_end() throws Exception {
        RawClient watcher = client();
        List<RawClient> busy = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            RawClient one = client();
            one.send(RawClient.encoded("MULTI"));
            for (int j = 0; j < 20; j++) {
                one.send(RawClient.encoded("SET", "{tx}" + i, "v" + j));
            }
            for (int j = 0; j < 21; j++) {
                assertThat(one.reply()).isIn("+OK\r\n", "+QUEUED\r\n");
            }
            busy.add(one);
        }
        redis.pause();
        try {
            for (RawClient one : busy) {
                one.send(RawClient.encoded("EXEC"));
            }
            for (int i = 0; i < 5; i++) {
                assertThat(RunningSidecar.figure(watcher, "in_flight")).isLessThanOrEqualTo(IN_FLIGHT);
            }
        } finally {
            redis.resume();
        }
        int done = 0;
        for (RawClient one : busy) {
            String reply = one.reply();
            assertThat(reply).startsWithIgnoringCase(reply.startsWith("*") ? "*20\r\n+OK\r\n" : "-");
            done += reply.startsWith("*") ? 1 : 0;
        }

        // Were a MULTI left open on a connection that all use, this would be answered with QUEUED.
        awaitHealth(watcher);
        for (RawClient one : busy) {
            assertThat(one.ask("SET", "k", "v")).isEqualTo("+OK\r\n");
        }
        assertThat(done).isLessThan(busy.size());
    }

    @Test
    void a_transaction_that_could_never_be_sent_is_refused_when_it_is_queued() throws Exception {
        RawClient client = client();
        client.ask("MULTI");
        String reply = "+QUEUED\r\n";
        int queued = 0;
        while (reply.equals("+QUEUED\r\n") && queued < 1_000) {
            reply = client.ask("SET", "k", "v");
            queued++;
        }

        assertThat(queued).isLessThan(IN_FLIGHT);
        assertThat(reply).startsWith("-ERR a transaction has at most ");
        assertThat(client.ask("EXEC")).startsWith("-EXECABORT ");
        assertThat(client.ask("SET", "k", "v")).isEqualTo("+OK\r\n");
    }

    @Test
    void large_values_under_way_are_bounded_in_bytes() throws Exception {
        sidecar.close();
        sidecar = RunningSidecar.with("--redis", redis.uri(), "--redis-timeout", "1s", "--max-in-flight-bytes", "16m")
                .awaitRedis();
        RawClient watcher = client();
        redis.pause();
        long most = 0;
        try {
            String set = RawClient.encoded("SET", "large", "v".repeat(1_000_000));
            for (int i = 0; i < 60; i++) {
                RawClient one = client();
                try {
                    one.send(set);
                } catch (IOException e) {
                    continue; // cut off, as it held the most
                }
                most = Math.max(most, RunningSidecar.figure(watcher, "in_flight"));
                assertThat(RunningSidecar.figure(watcher, "mem_clients_normal")).isLessThan(18_000_000);
            }
        } finally {
            redis.resume();
        }

        assertThat(most).isBetween(1L, 16L);
        awaitHealth(watcher);
    }

    @Test
    void a_client_that_blocks_and_vanishes_takes_its_connection_to_redis_with_it() throws Exception {
        for (boolean reset : new boolean[] {true, false}) {
            RawClient client = sidecar.client();
            client.send(RawClient.encoded("BLPOP", "vanish:none", "0") + RawClient.encoded("PING"));
            try (RawClient direct = RawClient.to(redis.port())) {
                await().until(() -> direct.ask("CLIENT", "LIST").contains("cmd=blpop"));
                if (reset) {
                    client.reset();
                } else {
                    client.close();
                }

                await().atMost(Duration.ofSeconds(10))
                        .until(() -> !direct.ask("CLIENT", "LIST").contains("cmd=blpop"));
            }
        }
        RawClient watcher = client();
        await().until(() -> RunningSidecar.figure(watcher, "connected_clients") == 1
                && RunningSidecar.figure(watcher, "in_flight") == 0);
    }

    @Test
    void clients_that_vanish_with_commands_under_way_leave_nothing_behind() throws Exception {
        redis.pause();
        try {
            for (int i = 0; i < 50; i++) {
                RawClient one = sidecar.client();
                one.send(RawClient.encoded("GET", "v").repeat(10) + RawClient.encoded("SET", "v", "v"));
                one.reset();
            }
        } finally {
            redis.resume();
        }
        RawClient watcher = client();
        awaitHealth(watcher);
        await().until(() -> RunningSidecar.figure(watcher, "connected_clients") == 1);
        assertThat(RunningSidecar.figure(watcher, "mem_clients_normal")).isLessThan(8 << 10);
    }
}
