package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers are killed (SIGKILL) or frozen, and healed again, while threads read through the cache without a pause. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // @BeforeAll fills them, or skips all
class UnderFireIT {
    private static final int KEYS = 2_000;
    /** Both tiers' deadlines of 200 ms one after the other, and what a loaded machine and leak detection add. */
    private static final Duration LONGEST = ofMillis(200 + 200 + 800);

    private static RedisCluster redis;
    private static Memcached memcached;

    @BeforeAll
    static void start() {
        assumeTrue(Memcached.startIfAvailable().map(m -> memcached = m).isPresent(), Memcached.howToGetIt());
        redis = RedisCluster.start(3);
    }

    @AfterAll
    static void stop() {
        if (memcached != null) {
            memcached.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    @Test
    void reads_go_on_and_tiers_come_back_by_themselves_whoever_is_killed() throws Exception {
        try (Load load = new Load()) {
            load.start(4);
            load.awaitUse("redis");
            load.awaitUse("memcached");
            load.begin(); // what a new JVM and new connections took is not what this is about

            load.kill("memcached", "memcached", List.of(memcached));
            load.kill("one redis node", "redis", List.of(redis.node(1)));
            load.kill("all redis nodes", "redis", List.copyOf(redis.nodes()));

            load.stop();
            assertThat(load.wrong.sum()).as("answers that were not the key's").isZero();
            assertThat(load.cache.stats().requests()).isEqualTo(load.issued.sum());
        }
    }

    @Test
    void a_server_that_hangs_costs_a_read_no_more_than_its_deadline() throws Exception {
        try (Load load = new Load()) {
            load.start(4);
            load.awaitUse("redis");
            load.awaitUse("memcached");
            load.begin();

            load.freeze("memcached", "memcached", List.of(memcached));
            load.freeze("one redis node", "redis", List.of(redis.node(1)));
            load.freeze("all redis nodes", "redis", List.copyOf(redis.nodes()));

            load.stop();
            assertThat(load.wrong.sum()).as("answers that were not the key's").isZero();
            assertThat(load.cache.stats().requests()).isEqualTo(load.issued.sum());
        }
    }

    /** Threads that read all the time, and what they saw. */
    private static final class Load implements AutoCloseable {
        private final TieredCache<String, String> cache = TieredCache.<String, String>builder("fire")
                .local(LocalTier.maximumSize(50)) // little, so that most reads go to the tiers below
                .remote(RedisTier.connect(redis.uri()))
                .remote(MemcachedTier.connect(memcached.address()))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofSeconds(60)))
                .build();
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final List<Future<?>> running = new ArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicLong fresh = new AtomicLong();
        private final AtomicLong longest = new AtomicLong();
        private final LongAdder issued = new LongAdder();
        private final LongAdder wrong = new LongAdder();

        void start(int count) {
            for (int i = 0; i < count; i++) {
                Random random = new Random(i);
                running.add(threads.submit(() -> {
                    while (!over.get()) {
                        // Some keys are new, so that every tier is asked and filled all the time.
                        read(random.nextInt(4) == 0 ? "new" + fresh.incrementAndGet() : "k" + random.nextInt(KEYS));
                    }
                }));
            }
        }

        private void read(String key) {
            issued.increment();
            long start = System.nanoTime();
            String value = cache.get(key, k -> "value of " + k);
            longest.accumulateAndGet(System.nanoTime() - start, Math::max);
            if (!("value of " + key).equals(value)) {
                wrong.increment();
            }
        }

        void begin() {
            longest.set(0);
        }

        void kill(String what, String tier, List<? extends FaultableServer> servers) {
            hurt(what + " killed", tier, servers, FaultableServer::kill, FaultableServer::restart);
        }

        void freeze(String what, String tier, List<? extends FaultableServer> servers) {
            hurt(what + " frozen", tier, servers, FaultableServer::pause, FaultableServer::resume);
        }

        /** Looks whether reads go on while the servers are hurt, and waits until the healed ones are used again. */
        private void hurt(
                String what,
                String tier,
                List<? extends FaultableServer> servers,
                Consumer<FaultableServer> hurt,
                Consumer<FaultableServer> heal) {
            long failures = stats(tier).failures();
            long before = issued.sum();
            servers.forEach(hurt);
            await().atMost(ofSeconds(60))
                    .until(() -> issued.sum() > before + 200 && stats(tier).failures() > failures);
            servers.forEach(heal);
            redis.awaitReady(ofSeconds(20));
            long start = System.nanoTime();
            awaitUse(tier);
            System.out.printf(
                    "%s: longest read %d ms, used again after %d ms%n",
                    what,
                    TimeUnit.NANOSECONDS.toMillis(longest.get()),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            assertThat(running).as("threads that gave up").noneMatch(Future::isDone);
            assertThat(Duration.ofNanos(longest.getAndSet(0))).as(what).isLessThan(LONGEST);
        }

        /**
         * Until the tier answers nearly always. A node of three that is away would fail a third of the calls; a machine
         * that is busy lets one or the other come too late.
         */
        void awaitUse(String tier) {
            await().atMost(ofSeconds(60)).until(() -> {
                TierStats before = stats(tier);
                await().atMost(ofSeconds(30)).until(() -> calls(stats(tier)) > calls(before) + 500);
                TierStats after = stats(tier);
                return (after.failures() - before.failures()) * 20 <= calls(after) - calls(before);
            });
        }

        private static long calls(TierStats tier) {
            return tier.hits() + tier.misses() + tier.failures();
        }

        private TierStats stats(String tier) {
            return cache.stats().remote().stream()
                    .filter(t -> t.name().equals(tier))
                    .findFirst()
                    .orElseThrow();
        }

        void stop() throws Exception {
            over.set(true);
            for (Future<?> thread : running) {
                thread.get(10, TimeUnit.SECONDS); // what it threw, if it did
            }
        }

        @Override
        public void close() {
            over.set(true);
            threads.shutdownNow();
            cache.close();
        }
    }
}
