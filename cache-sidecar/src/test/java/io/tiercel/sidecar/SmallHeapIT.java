package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients that mean harm against a process with 256 MiB of heap: it goes on, its memory is bounded, others are answered
 * meanwhile, nothing is left behind. {@code abuse.scale} (1) makes each of them go on so many times longer.
 */
final class SmallHeapIT {
    private static final Logger log = LoggerFactory.getLogger(SmallHeapIT.class);
    private static final long MB = 1 << 20;
    /** 256 MiB of heap, 256 MiB of direct memory at the most, what the JVM itself takes. */
    private static final long MOST_RESIDENT = 700 * MB;

    private static final int SCALE = Integer.getInteger("abuse.scale", 1);

    @TempDir
    private Path directory;

    private final List<SocketChannel> open = new ArrayList<>();
    private final AtomicBoolean watching = new AtomicBoolean(true);
    private final AtomicLong slowestPing = new AtomicLong();
    private final AtomicLong mostResident = new AtomicLong();
    private final AtomicLong pings = new AtomicLong();
    private RedisServer redis;
    private SidecarProcess sidecar;
    private RawClient watcher;
    private Thread pinging;
    private volatile @Nullable Throwable pingFailure;

    @BeforeEach
    void start() throws IOException {
        redis = RedisServer.start();
        sidecar = SidecarProcess.start(directory, "256m", "--redis", redis.uri(), "--redis-timeout", "10s");
        watcher = RawClient.to(sidecar.port());
        await().atMost(Duration.ofSeconds(20))
                .until(() -> watcher.ask("SET", "small", "v").equals("+OK\r\n"));
        pinging = new Thread(this::ping);
        pinging.start();
    }

    /** Somebody else, who wants to be answered all the while. */
    private void ping() {
        try (RawClient client = RawClient.to(sidecar.port())) {
            while (watching.get()) {
                long begin = System.nanoTime();
                assertThat(client.ask("PING")).isEqualTo("+PONG\r\n");
                assertThat(client.ask("GET", "small")).isIn("$1\r\nv\r\n", overloaded());
                slowestPing.accumulateAndGet(System.nanoTime() - begin, Math::max);
                mostResident.accumulateAndGet(sidecar.resident(), Math::max);
                pings.incrementAndGet();
                assertThat(client.isCutOffWithin(5)).isFalse();
            }
        } catch (IOException | AssertionError e) {
            pingFailure = e;
        }
    }

    private static String overloaded() {
        return "-OVERLOADED requests and replies under way exceed max-in-flight-bytes, retry_after_ms=100\r\n";
    }

    @AfterEach
    void nothing_is_left_behind() throws Exception {
        try {
            for (SocketChannel channel : open) {
                channel.close();
            }
            watching.set(false);
            pinging.join(20_000);
            assertThat(pingFailure).isNull();
            assertThat(pings).hasPositiveValue();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> RunningSidecar.figure(watcher, "connected_clients") == 1
                            && RunningSidecar.figure(watcher, "in_flight") == 0
                            && RunningSidecar.figure(watcher, "queued") == 0
                            && RunningSidecar.figure(watcher, "mem_clients_normal") < 4_096);
            assertThat(sidecar.isAlive()).isTrue();
            assertThat(sidecar.log()).doesNotContain("LEAK:", "OutOfMemory", "OutOfDirectMemory", "Exception");
            log.info(
                    "{} MiB in memory, slowest PING and GET {} ms",
                    mostResident.get() >> 20,
                    slowestPing.get() / 1_000_000);
            assertThat(mostResident).hasValueLessThan(MOST_RESIDENT);
            assertThat(slowestPing).hasValueLessThan(TimeUnit.SECONDS.toNanos(10));
        } finally {
            watcher.close();
            sidecar.close();
            redis.close();
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 10);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), sidecar.port()));
        return channel;
    }

    /** Sends what the other side takes without waiting; whether it is still there. */
    private static boolean push(SocketChannel channel, ByteBuffer bytes) {
        try {
            channel.configureBlocking(false);
            for (int idle = 0; bytes.hasRemaining() && idle < 20; ) {
                idle = channel.write(bytes) == 0 ? idle + 1 : 0;
                if (idle > 0) {
                    TimeUnit.MILLISECONDS.sleep(2);
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    @Test
    void ten_times_as_many_connections_as_there_may_be() throws Exception {
        int refused = 0;
        for (int i = 0; i < 10_000 * SCALE; i++) {
            SocketChannel channel = connect();
            if (open.size() < 1_500) {
                open.add(channel);
            } else {
                channel.close();
                refused++;
            }
        }
        assertThat(refused).isPositive();
        await().until(() -> RunningSidecar.figure(watcher, "connected_clients") == 1_000);
        assertThat(RunningSidecar.figure(watcher, "rejected_connections")).isGreaterThan(1_000);
    }

    @Test
    void a_thousand_halves_of_large_requests() throws Exception {
        String half = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048576\r\n" + "v".repeat(1_000_000);
        int cut = 0;
        for (int i = 0; i < 990 * SCALE; i++) {
            SocketChannel channel = connect();
            open.add(channel);
            if (!push(channel, bytes(half))) {
                cut++;
            }
            if (open.size() > 900) {
                open.remove(0).close();
            }
            if (i % 50 == 0) {
                assertThat(RunningSidecar.figure(watcher, "mem_clients_normal")).isLessThan(70 * MB);
            }
        }
        assertThat(cut + RunningSidecar.figure(watcher, "overloaded")).isGreaterThan(500);
    }

    @Test
    void pipelines_of_a_hundred_thousand_commands_whether_they_are_read_or_not() throws Exception {
        for (int round = 0; round < SCALE; round++) {
            for (boolean meanwhile : new boolean[] {true, false}) {
                int count = meanwhile && SCALE == 1 ? 10_000 : 100_000;
                StringBuilder all = new StringBuilder();
                for (int i = 0; i < count / 2; i++) {
                    all.append(RawClient.encoded("SET", "pipe:" + i % 100, Integer.toString(i)))
                            .append(RawClient.encoded("GET", "pipe:" + i % 100));
                }
                try (RawClient client = RawClient.to(sidecar.port())) {
                    Thread writer = new Thread(() -> {
                        try {
                            client.send(all.toString());
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                    writer.start();
                    if (!meanwhile) {
                        writer.join(60_000);
                        assertThat(writer.isAlive())
                                .as("blocked, as nobody reads")
                                .isFalse();
                    }
                    for (int i = 0; i < count / 2; i++) {
                        String value = Integer.toString(i);
                        assertThat(client.reply()).isEqualTo("+OK\r\n");
                        assertThat(client.reply()).isEqualTo("$" + value.length() + "\r\n" + value + "\r\n");
                    }
                }
            }
        }
    }

    @Test
    void fifty_clients_that_ask_for_large_values_and_do_not_read() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(watcher.ask("SET", "large:" + i, "v".repeat(1_000_000))).isEqualTo("+OK\r\n");
        }
        for (int round = 0; round < SCALE; round++) {
            for (int i = 0; i < 50; i++) {
                SocketChannel channel = connect();
                open.add(channel);
                StringBuilder asked = new StringBuilder();
                for (int j = 0; j < 20; j++) {
                    asked.append(RawClient.encoded(
                            "GET", "large:" + ThreadLocalRandom.current().nextInt(20)));
                }
                push(channel, bytes(asked.toString()));
            }
            assertThat(RunningSidecar.figure(watcher, "mem_clients_normal")).isLessThan(120 * MB);
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> RunningSidecar.figure(watcher, "mem_clients_normal") <= 64 * MB);
    }

    @Test
    void connections_that_come_and_go_with_and_without_a_word() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4L * SCALE);
        int count = 0;
        for (; System.nanoTime() < end; count++) {
            SocketChannel channel = connect();
            switch (count % 4) {
                case 0 -> channel.close();
                case 1 -> {
                    channel.write(bytes(RawClient.encoded("GET", "small")));
                    channel.close();
                }
                case 2 -> {
                    channel.write(
                            bytes(RawClient.encoded("SET", "small", "v") + RawClient.encoded("GET", "other:" + count)));
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                    channel.close();
                }
                default -> {
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                    channel.close();
                }
            }
        }
        assertThat(count).isGreaterThan(100);
    }
}
