package io.tiercel.cache.tier.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.TierException;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Commands passed on to real servers, and their replies back, byte for byte. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class RedisPassageIT {
    private static final Duration PATIENT = Duration.ofSeconds(10);

    private final RedisServer server = RedisServer.start();
    private final RedisCluster cluster = RedisCluster.start(RedisOptions.of(3, 0));
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = loops.next();
    private final RedisTier tier = RedisTier.connect(server.uri());
    private final RedisTier clusterTier = RedisTier.connect(cluster.uri());
    private final RedisPassage two = tier.passage(loop, NioSocketChannel.class, false);
    private final RedisPassage three = tier.passage(loop, NioSocketChannel.class, true);
    private final RedisPassage overCluster = clusterTier.passage(loop, NioSocketChannel.class, true);

    @AfterAll
    void close() {
        List.of(two, three, overCluster)
                .forEach(passage -> loop.submit(passage::close).syncUninterruptibly());
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        tier.close();
        clusterTier.close();
        server.close();
        cluster.close();
    }

    @Test
    void replies_are_those_of_the_version_of_the_protocol() {
        ask(three, "DEL h l z s");
        assertThat(ask(three, "HSET h a 1 b 2")).isEqualTo(":2|");
        assertThat(ask(three, "HGETALL h")).isEqualTo("%2|$1|a|$1|1|$1|b|$1|2|");
        assertThat(ask(two, "HGETALL h")).isEqualTo("*4|$1|a|$1|1|$1|b|$1|2|");
        assertThat(ask(three, "ZADD z 1.5 m")).isEqualTo(":1|");
        assertThat(ask(three, "ZSCORE z m")).isEqualTo(",1.5|");
        assertThat(ask(two, "ZSCORE z m")).isEqualTo("$3|1.5|");
        assertThat(ask(three, "SADD s x")).isEqualTo(":1|");
        assertThat(ask(three, "SMEMBERS s")).isEqualTo("~1|$1|x|");
        assertThat(ask(two, "SMEMBERS s")).isEqualTo("*1|$1|x|");
        assertThat(ask(three, "SET k v")).isEqualTo("+OK|");
        assertThat(ask(three, "GET nothing")).isEqualTo("_|");
        assertThat(ask(two, "GET nothing")).isEqualTo("$-1|");
        assertThat(ask(two, "LPOP nothing 2")).isEqualTo("*-1|");
        assertThat(ask(three, "LPOP nothing 2")).isEqualTo("_|");
        assertThat(ask(two, "MGET k nothing")).isEqualTo("*2|$1|v|$-1|");
        assertThat(ask(two, "NOSUCH a")).startsWith("-ERR unknown command 'NOSUCH'");
        assertThat(ask(two, "INCR k")).isEqualTo("-ERR value is not an integer or out of range|");
    }

    @Test
    void a_transaction_is_a_run_of_commands_and_an_error_in_it_is_a_part_of_its_reply() {
        for (RedisPassage passage : List.of(two, three)) {
            List<CompletableFuture<String>> replies = send(passage, "MULTI", "SET t v", "INCR t", "GET t", "EXEC");
            assertThat(replies.get(4).join()).isEqualTo("*3|+OK|-ERR value is not an integer or out of range|$1|v|");
            assertThat(replies.get(1).join()).isEqualTo("+QUEUED|");
        }
    }

    @Test
    void commands_of_many_slots_go_to_their_nodes_and_come_back() {
        List<String> commands = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            commands.add("SET k" + i + " " + i);
            commands.add("GET k" + i);
        }
        List<String> replies = send(overCluster, commands.toArray(String[]::new)).stream()
                .map(CompletableFuture::join)
                .toList();
        for (int i = 0; i < 300; i++) {
            String digits = Integer.toString(i);
            assertThat(replies.get(2 * i + 1)).isEqualTo("$" + digits.length() + "|" + digits + "|");
        }
        assertThat(overCluster.nodes()).hasSize(3);
        assertThat(overCluster.isCluster()).isTrue();
        assertThat(three.isCluster()).isFalse();
    }

    @Test
    void one_node_can_be_asked_for_what_it_alone_knows() {
        send(overCluster, "SET one 1", "SET two 2", "SET three 3", "SET four 4").forEach(CompletableFuture::join);
        long keys = overCluster.nodes().stream()
                .map(node -> {
                    CompletableFuture<String> reply = new CompletableFuture<>();
                    loop.execute(() -> overCluster.sendTo(node, List.of(call("DBSIZE", -1, reply))));
                    return reply.join();
                })
                .mapToLong(reply -> Long.parseLong(reply.substring(1, reply.length() - 1)))
                .sum();
        assertThat(keys).isGreaterThanOrEqualTo(4);
        assertThatThrownBy(() -> {
                    CompletableFuture<String> reply = new CompletableFuture<>();
                    loop.execute(() -> overCluster.sendTo("nobody:1", List.of(call("DBSIZE", -1, reply))));
                    reply.join();
                })
                .hasMessageContaining("nobody:1 is no primary");
    }

    @Test
    void a_line_of_ones_own_keeps_what_the_server_remembers() {
        RedisPassage.Line line = requireNonNull(three.line(bytes("w")));
        ask(three, "SET w 1");
        assertThat(ask(line, "WATCH w")).isEqualTo("+OK|");
        ask(three, "SET w 2");
        assertThat(ask(line, "MULTI")).isEqualTo("+OK|");
        assertThat(ask(line, "SET w 3")).isEqualTo("+QUEUED|");
        assertThat(ask(line, "EXEC")).isEqualTo("_|");
        assertThat(ask(three, "GET w")).isEqualTo("$1|2|");
        CompletableFuture<String> blocked = new CompletableFuture<>();
        loop.execute(() -> line.send(List.of(call("BLPOP nothing 0", 1, blocked))));
        loop.submit(line::close).syncUninterruptibly();
        assertThatThrownBy(() -> blocked.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(TierException.class);
        assertThat(line.isLost()).isTrue();
    }

    @Test
    void nothing_is_sent_twice_when_the_connection_is_lost_with_a_command_under_way() {
        try (RedisServer own = RedisServer.start();
                RedisTier ownTier = RedisTier.connect(own.uri())) {
            RedisPassage passage = ownTier.passage(loop, NioSocketChannel.class, true);
            assertThat(ask(passage, "SET n 0")).isEqualTo("+OK|");
            own.pause();
            CompletableFuture<String> underWay = new CompletableFuture<>();
            loop.execute(() -> passage.send(List.of(call("INCR n", 1, underWay))));
            // The watchdog gives the silent connection up; the command in the server's socket is done when it goes on.
            assertThatThrownBy(underWay::join).isInstanceOf(CompletionException.class);
            own.resume();
            await().atMost(PATIENT)
                    .ignoreExceptions()
                    .until(() -> ask(passage, "GET n").startsWith("$"));
            assertThat(ask(passage, "GET n")).isEqualTo("$1|1|");
            loop.submit(passage::close).syncUninterruptibly();
        }
    }

    @Test
    void a_feed_of_all_keys_tells_of_those_that_are_no_text() {
        List<byte[]> told = new CopyOnWriteArrayList<>();
        List<String> texts = new CopyOnWriteArrayList<>();
        byte[] key = {(byte) 0xFF, 0, 'k', (byte) 0x80};
        try (ChangeFeed feed = tier.changes(List.of(""), Duration.ofSeconds(1), new ChangeFeed.Listener() {
            @Override
            public void changed(String changed) {
                texts.add(changed);
            }

            @Override
            public void changedBytes(byte[] changed) {
                told.add(changed);
            }
        })) {
            await().atMost(PATIENT).until(() -> feed.section(key).isVouched(System.nanoTime()));
            CompletableFuture<String> reply = new CompletableFuture<>();
            loop.execute(() -> three.send(List.of(call(new byte[][] {bytes("SET"), key, bytes("v")}, 1, reply))));
            assertThat(reply.join()).isEqualTo("+OK|");
            ask(three, "SET text v");
            await().atMost(PATIENT).until(() -> told.stream().anyMatch(one -> Arrays.equals(one, key)));
            await().atMost(PATIENT).until(() -> texts.contains("text"));
        }
    }

    private String ask(RedisPassage passage, String command) {
        return send(passage, command).get(0).join();
    }

    private String ask(RedisPassage.Line line, String command) {
        CompletableFuture<String> reply = new CompletableFuture<>();
        loop.execute(() -> line.send(List.of(call(command, -1, reply))));
        return reply.join();
    }

    private List<CompletableFuture<String>> send(RedisPassage passage, String... commands) {
        List<CompletableFuture<String>> replies = new ArrayList<>();
        List<RedisPassage.Call> calls = new ArrayList<>();
        for (String command : commands) {
            CompletableFuture<String> reply = new CompletableFuture<>();
            replies.add(reply);
            calls.add(call(command, command.contains(" ") ? 1 : -1, reply));
        }
        loop.execute(() -> passage.send(calls));
        return replies;
    }

    private static RedisPassage.Call call(String command, int key, CompletableFuture<String> reply) {
        byte[][] words =
                Arrays.stream(command.split(" ")).map(RedisPassageIT::bytes).toArray(byte[][]::new);
        return call(words, key, reply);
    }

    private static RedisPassage.Call call(byte[][] words, int key, CompletableFuture<String> reply) {
        return new RedisPassage.Call(words, key, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] bytes) {
                reply.complete(new String(bytes, ISO_8859_1).replace("\r\n", "|"));
            }

            @Override
            public void failed(TierException failure) {
                reply.completeExceptionally(failure);
            }
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
