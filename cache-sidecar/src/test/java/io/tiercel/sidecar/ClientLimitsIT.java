package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one client, or all of them together, may take up, and what happens to the one that takes more. */
final class ClientLimitsIT {
    private static final String PONG = "+PONG\r\n";
    private static final int MB = 1 << 20;

    private static @Nullable RedisServer redis;

    private final List<RawClient> clients = new ArrayList<>();
    private @Nullable RunningSidecar sidecar;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        if (redis != null) {
            redis.close();
        }
    }

    @AfterEach
    void end() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        if (sidecar != null) {
            sidecar.close();
        }
    }

    private void start(String... flags) throws StartException {
        sidecar = RunningSidecar.with(flags);
    }

    private void startOverRedis(String... flags) throws StartException {
        List<String> all = new ArrayList<>(List.of(flags));
        all.add("--redis");
        all.add(server().uri());
        all.add("--redis-timeout");
        all.add("10s");
        sidecar = RunningSidecar.with(all.toArray(String[]::new)).awaitRedis();
    }

    private static RedisServer server() {
        if (redis == null) {
            throw new IllegalStateException("no redis");
        }
        return redis;
    }

    private RunningSidecar sidecar() {
        if (sidecar == null) {
            throw new IllegalStateException("not started");
        }
        return sidecar;
    }

    private RawClient client() throws IOException {
        return kept(sidecar().client());
    }

    private RawClient slowClient() throws IOException {
        return kept(RawClient.slowTo(sidecar().port()));
    }

    private RawClient kept(RawClient client) {
        clients.add(client);
        return client;
    }

    // ---- connections

    @Test
    void surplus_clients_are_told_and_let_go_and_the_others_go_on() throws Exception {
        start("--max-connections", "3");
        List<RawClient> in = List.of(client(), client(), client());
        for (RawClient one : in) {
            assertThat(one.ask("PING")).isEqualTo(PONG);
        }

        for (int i = 0; i < 20; i++) {
            assertThat(client().rest()).isEqualTo("-ERR max number of clients reached\r\n");
        }
        for (RawClient one : in) {
            assertThat(one.ask("PING")).isEqualTo(PONG);
        }
        assertThat(RunningSidecar.figure(in.get(0), "connected_clients")).isEqualTo(3);
        assertThat(RunningSidecar.figure(in.get(0), "rejected_connections")).isEqualTo(20);

        in.get(2).reset();
        await().until(() -> RunningSidecar.figure(in.get(0), "connected_clients") == 2);
        assertThat(client().ask("PING")).isEqualTo(PONG);
    }

    @Test
    void who_says_nothing_is_let_go_and_who_was_quick_may_be_silent_for_longer() throws Exception {
        start("--first-byte-timeout", "200ms", "--idle-timeout", "2s");
        RawClient silent = client();
        RawClient quick = client();
        quick.ask("PING");

        assertThat(silent.isCutOffWithin(5_000)).isTrue();
        assertThat(quick.ask("PING")).isEqualTo(PONG);
        assertThat(quick.isCutOffWithin(10_000)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*2\r\n$3\r\nGET\r\n$5\r\nhello\r\n", "GET hello\r\n"})
    void a_request_that_drips_in_is_cut_off(String request) throws Exception {
        start("--request-timeout", "400ms", "--idle-timeout", "1h");
        RawClient dripper = client();
        int sent = 0;
        for (; sent < request.length() - 1; sent++) {
            try {
                dripper.send(request.substring(sent, sent + 1));
                if (dripper.isCutOffWithin(100)) {
                    break;
                }
            } catch (IOException e) {
                break;
            }
        }

        assertThat(sent).isGreaterThan(1).isLessThan(request.length() - 1);
        assertThat(client().ask("PING")).isEqualTo(PONG);
    }

    @Test
    void who_always_has_sent_a_part_of_the_next_request_is_not_one_who_drips() throws Exception {
        start("--request-timeout", "300ms");
        RawClient client = client();
        String ping = RawClient.encoded("PING");
        client.send(ping.substring(0, 5));
        for (int i = 0; i < 20; i++) {
            client.send(ping.substring(5) + ping.substring(0, 5));
            assertThat(client.reply()).isEqualTo(PONG);
            assertThat(client.isCutOffWithin(50)).isFalse();
        }
    }

    @Test
    void what_waits_behind_a_command_that_blocks_is_no_part_of_a_request() throws Exception {
        startOverRedis("--request-timeout", "300ms");
        RawClient client = client();
        client.send(RawClient.encoded("BLPOP", "limits:none", "1") + RawClient.encoded("PING"));

        assertThat(client.reply()).isEqualTo("*-1\r\n");
        assertThat(client.reply()).isEqualTo(PONG);
    }

    // ---- requests

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nSET k v\r\nFLUSHALL\r\n",
                "Host: localhost\r\nSET k v\r\n",
                "*1\r\n$4\r\npost\r\nSET k v\r\n"
            })
    void a_browser_that_was_lured_here_gets_nothing_done(String page) throws Exception {
        start();
        RawClient other = client();

        assertThat(client().send(page).rest()).isEqualTo("-ERR Protocol error: HTTP is not spoken here\r\n");
        assertThat(other.ask("EXISTS", "k")).isEqualTo(":0\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n$9999999\r\n", "*999999999\r\n", "*1\r\n:1\r\n", "*x\r\n", "SET \"k\r\n"})
    void what_is_no_request_ends_the_connection_with_one_line_and_what_came_before_is_answered(String wrong)
            throws Exception {
        start();
        String replies = client().send(RawClient.encoded("PING") + wrong + RawClient.encoded("PING"))
                .rest();

        assertThat(replies).startsWith(PONG + "-ERR Protocol error: ").hasLineCount(2);
    }

    @Test
    void more_than_the_limit_of_unanswered_commands_is_answered_in_order_and_no_more_at_once() throws Exception {
        startOverRedis("--max-pipeline", "16", "--max-in-flight", "10000");
        RawClient client = client();
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 1_500; i++) {
            all.append(RawClient.encoded("SET", "limits:p", Integer.toString(i)))
                    .append(RawClient.encoded("GET", "limits:p"));
        }
        AtomicBoolean over = new AtomicBoolean();
        RawClient watcher = client();
        client.send(all.toString());
        for (int i = 0; i < 1_500; i++) {
            String value = Integer.toString(i);
            assertThat(client.reply()).isEqualTo("+OK\r\n");
            assertThat(client.reply()).isEqualTo("$" + value.length() + "\r\n" + value + "\r\n");
            if (i % 150 == 0 && RunningSidecar.figure(watcher, "in_flight") > 40) {
                over.set(true); // each may bring up to two commands more for the copy in memory
            }
        }
        assertThat(over).isFalse();
    }

    // ---- memory

    @Test
    void who_does_not_read_is_not_served_without_end() throws Exception {
        startOverRedis("--max-output-bytes", "2m", "--max-in-flight-bytes", "16m");
        RawClient other = client();
        for (int i = 0; i < 64; i++) {
            assertThat(other.ask("SET", "limits:large:" + i, "v".repeat(512 << 10)))
                    .isEqualTo("+OK\r\n");
        }
        RawClient slow = slowClient();
        for (int i = 0; i < 64; i++) {
            slow.send(RawClient.encoded("GET", "limits:large:" + i));
        }

        await().atMost(Duration.ofSeconds(20)).until(() -> RunningSidecar.figure(other, "connected_clients") == 1);
        assertThat(RunningSidecar.figure(other, "mem_clients_normal")).isLessThan(MB);
        assertThat(other.ask("PING")).isEqualTo(PONG);
    }

    @Test
    void copies_in_memory_are_not_written_without_end_either() throws Exception {
        start("--max-output-bytes", "2m", "--max-in-flight-bytes", "16m");
        RawClient other = client();
        other.ask("SET", "large", "v".repeat(512 << 10));
        for (int i = 0; i < 8; i++) {
            slowClient().send(RawClient.encoded("GET", "large").repeat(1_000));
        }
        long most = 0;
        for (int i = 0; i < 20; i++) {
            most = Math.max(most, RunningSidecar.figure(other, "mem_clients_normal"));
            assertThat(other.isCutOffWithin(20)).isFalse();
        }

        assertThat(most).isGreaterThan(MB).isLessThan(17L * MB);
    }

    @Test
    void a_client_that_says_goodbye_and_does_not_read_is_let_go() throws Exception {
        start();
        RawClient other = client();
        other.ask("SET", "large", "v".repeat(900_000));
        RawClient slow = slowClient();
        slow.send(RawClient.encoded("GET", "large").repeat(9) + RawClient.encoded("QUIT"));

        await().atMost(Duration.ofSeconds(20)).until(() -> RunningSidecar.figure(other, "connected_clients") == 1);
    }

    @Test
    void halves_of_large_requests_are_refused_and_small_ones_of_others_are_not() throws Exception {
        start("--max-in-flight-bytes", "8m");
        RawClient other = client();
        String half = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048576\r\n" + "v".repeat(900_000);
        List<RawClient> attackers = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < 40; i++) {
            RawClient attacker = client();
            attackers.add(attacker);
            try {
                attacker.send(half);
            } catch (IOException e) {
                refused++;
            }
            assertThat(other.ask("SET", "small", Integer.toString(i))).isEqualTo("+OK\r\n");
            assertThat(RunningSidecar.figure(other, "mem_clients_normal")).isLessThan(9L * MB);
        }
        int told = 0;
        for (RawClient attacker : attackers) {
            if (attacker.isGoneOrAnswered()) {
                told++;
            }
        }

        assertThat(told + refused).isGreaterThan(20);
        for (RawClient attacker : attackers) {
            attacker.reset();
        }
        await().until(() -> RunningSidecar.figure(other, "mem_clients_normal") < 64 << 10);
        assertThat(RunningSidecar.figure(other, "connected_clients")).isEqualTo(1);
    }

    @Test
    void a_transaction_counts_with_what_is_queued_in_it() throws Exception {
        start("--max-in-flight-bytes", "8m");
        RawClient other = client();
        RawClient greedy = client();
        greedy.ask("MULTI");
        int queued = 0;
        try {
            for (; queued < 50; queued++) {
                String reply = greedy.ask("SET", "k" + queued, "v".repeat(900_000));
                if (!reply.equals("+QUEUED\r\n")) {
                    assertThat(reply).startsWith("-OVERLOADED ");
                    break;
                }
            }
        } catch (IOException e) {
            assertThat(queued).isPositive();
        }

        assertThat(queued).isBetween(5, 9);
        assertThat(other.ask("SET", "k", "v")).isEqualTo("+OK\r\n");
        await().until(() -> RunningSidecar.figure(other, "mem_clients_normal") < 64 << 10);
    }

    @Test
    void a_reply_of_many_large_values_is_refused() throws Exception {
        startOverRedis("--max-output-bytes", "4m", "--max-in-flight-bytes", "16m");
        RawClient client = client();
        client.ask("SET", "limits:one", "v".repeat(MB - 100));
        String[] words = new String[2_000];
        Arrays.fill(words, "limits:one");
        words[0] = "MGET";
        for (int i = 0; i < 3; i++) {
            client.ask("GET", "limits:one"); // so that it is in memory
        }

        assertThat(client.ask(words)).startsWith("-ERR ").contains("max-output-bytes");
        assertThat(client.ask("PING")).isEqualTo(PONG);
    }

    // ---- how often

    @Test
    void more_commands_than_the_rate_are_refused_with_when_to_come_back() throws Exception {
        start("--rate-requests-per-minute", "60", "--rate-burst", "5");
        RawClient client = client();
        client.send(RawClient.encoded("SET", "k", "v").repeat(20));
        int done = 0;
        for (int i = 0; i < 20; i++) {
            String reply = client.reply();
            if (reply.equals("+OK\r\n")) {
                done++;
            } else {
                assertThat(reply).matches("-RATELIMITED too many requests, retry_after_ms=\\d+\r\n");
            }
        }

        assertThat(done).isBetween(5, 6);
        assertThat(client.ask("PING")).isEqualTo(PONG);
        assertThat(RunningSidecar.figure(client, "rate_limited")).isEqualTo(20 - done);
    }
}
