package io.tiercel.sidecar;

import static org.awaitility.Awaitility.await;

import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.RateStatus;
import io.tiercel.sidecar.front.FrontSettings;
import io.tiercel.sidecar.front.RespServer;
import io.tiercel.sidecar.front.User;
import io.tiercel.sidecar.front.WarmUpSettings;
import io.tiercel.sidecar.keyspace.KeyspaceSettings;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.resp.RespLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Redis front ends of many pods in this process, with one rate limit, and clients that count what they are answered. */
final class RateFleet implements AutoCloseable {
    private static final AtomicInteger FLEETS = new AtomicInteger();
    private static final RateSettings NONE = new RateSettings(0, 1, RateScope.FLEET);

    private final String redis;
    private final String name = "rate-" + FLEETS.incrementAndGet();
    private final LiveSettings live = new LiveSettings(
            new CacheSettings(Duration.ofMinutes(1), false),
            new QueueSettings(true, 10_000, Duration.ofMillis(500)),
            NONE);
    private final List<Pod> pods = new ArrayList<>();
    private volatile int size = 1;
    private long startedAt;

    final AtomicLong sent = new AtomicLong();
    final AtomicLong admitted = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();

    RateFleet(String redis) {
        this.redis = redis;
    }

    /** A pod and one client of it. */
    final class Pod implements AutoCloseable {
        final RespServer server;
        private final RedisKeyspace keyspace;
        private final RawClient client;
        private final AtomicBoolean closed = new AtomicBoolean();
        private final Thread reader = new Thread(this::read, "replies");

        Pod(int loops) throws IOException {
            RedisTier tier = RedisTier.connect(
                    RedisConfig.of(redis).timeout(Duration.ofMillis(200)).startWithoutServer(true));
            this.keyspace = new RedisKeyspace(
                    tier,
                    null,
                    new KeyspaceSettings(
                            name,
                            1 << 20,
                            Duration.ofSeconds(5),
                            List.of("kept:"),
                            List.of(),
                            Duration.ZERO,
                            Duration.ofSeconds(5)),
                    live);
            this.server =
                    RespServer.start(settings(), live, keyspace, null, 1 << 20, "pod-" + pods.size(), "test", loops);
            server.fleetSize(() -> size);
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        try (RawClient one = RawClient.to(server.port())) {
                            return one.ask("SET", "{rate}", "1").equals("+OK\r\n");
                        }
                    });
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
            this.client = RawClient.over(socket);
            socket.setSoTimeout(0); // a pod may get nothing to do for minutes
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try {
                while (true) {
                    String reply = client.reply();
                    (reply.startsWith("-RATELIMITED") ? refused : admitted).incrementAndGet();
                    answered.incrementAndGet();
                }
            } catch (IOException e) {
                // The end of the test.
            }
        }

        RateStatus status() {
            return server.backend().rateLimit();
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                server.close();
                keyspace.close();
            }
        }
    }

    private static FrontSettings settings() {
        return new FrontSettings(
                "127.0.0.1",
                0,
                null,
                List.of(User.open()),
                null,
                RespLimits.defaults(),
                16,
                1_000,
                1_024,
                16 << 20,
                64 << 20,
                10_000,
                Duration.ofMillis(200),
                Duration.ofSeconds(5),
                Duration.ofDays(1),
                Duration.ofDays(1),
                Duration.ofDays(1),
                true,
                false,
                "",
                new WarmUpSettings("rate", 20_000, 4, 10_000, Duration.ofSeconds(30), Duration.ofSeconds(5)));
    }

    /** There is no limit while they start. */
    RateFleet start(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            pods.add(new Pod(1));
        }
        size = pods.size();
        return this;
    }

    RateFleet startWithLoops(int loops) throws IOException {
        pods.add(new Pod(loops));
        size = pods.size();
        return this;
    }

    Pod pod(int index) {
        return pods.get(index);
    }

    List<Pod> pods() {
        return pods;
    }

    /** How many pods there are, as they believe. */
    void size(int size) {
        this.size = size;
    }

    /** From now on it is in force. */
    void limit(RateSettings settings) {
        live.rate(settings);
        startedAt = System.nanoTime();
    }

    /** Sends commands at random moments to pods of which {@code weights} say how often each is chosen. */
    void load(double perSecond, double[] weights, Duration time, Random random) throws IOException {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double at = System.nanoTime();
        double end = at + time.toNanos();
        String command = RawClient.encoded("GET", "rate:key");
        while (true) {
            at += -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
            if (at > end) {
                break;
            }
            double point = random.nextDouble() * sum;
            int chosen = 0;
            while (chosen < weights.length - 1 && point >= weights[chosen]) {
                point -= weights[chosen];
                chosen++;
            }
            for (long left = (long) at - System.nanoTime(); left > 0; left = (long) at - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            pods.get(chosen).client.send(command);
            sent.incrementAndGet();
        }
        for (long left = (long) end - System.nanoTime(); left > 0; left = (long) end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Until every command has its reply. */
    void settle() {
        await().atMost(Duration.ofSeconds(20)).until(() -> answered.get() == sent.get());
    }

    /** What the limit has allowed since it is in force. */
    double allowed() {
        RateSettings rate = live.rate();
        return rate.burst() + rate.requestsPerMinute() * ((System.nanoTime() - startedAt) / 60e9);
    }

    @Override
    public void close() {
        pods.forEach(Pod::close);
    }
}
