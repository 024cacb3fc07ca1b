package io.tiercel.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.RedisClusterClient;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedConfig;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole cache over a real Redis Cluster and a real memcached. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // @BeforeAll fills them, or skips all
class RealTiersIT {
    /** For what is said about answers, not about time: leak detection makes each command some ten times slower. */
    private static final Duration PATIENT = ofSeconds(5);

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

    private static TieredCache<String, String> cache(String name, Duration ttl) {
        return cache(name, ttl, PATIENT);
    }

    private static TieredCache<String, String> cache(String name, Duration ttl, Duration timeout) {
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(10_000))
                .remote(RedisTier.connect(RedisConfig.of(redis.uri()).timeout(timeout)))
                .remote(MemcachedTier.connect(
                        MemcachedConfig.of(memcached.address()).timeout(timeout)))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ttl).jitter(0))
                .build();
    }

    @Test
    void a_value_found_in_L3_late_in_its_life_ends_everywhere_when_it_should() throws Exception {
        try (RedisTier raw = RedisTier.connect(redis.uri());
                TieredCache<String, String> writer = cache("late", ofSeconds(6));
                TieredCache<String, String> reader = cache("late", ofSeconds(6))) {
            writer.put("a", "v");
            raw.remove("late:a").get();
            Thread.sleep(4_000);

            assertThat(reader.getIfPresent("a")).isEqualTo("v");

            await().atMost(ofMillis(500)).until(() -> raw.get("late:a").get() != null);
            assertThat(reader.explain("a").tiers())
                    .allMatch(t -> t.remaining() == null || t.remaining().compareTo(ofMillis(2_100)) < 0);
            await().atMost(ofMillis(2_600))
                    .until(() -> raw.get("late:a").get() == null && reader.getIfPresent("a") == null);
            assertThat(reader.stats().remote().get(1).hits()).isEqualTo(1);
        }
    }

    @Test
    void a_thousand_keys_come_back_from_below_in_the_order_asked() {
        try (TieredCache<String, String> writer = cache("bulk", ofSeconds(60));
                TieredCache<String, String> reader = cache("bulk", ofSeconds(60))) {
            List<String> keys = IntStream.range(0, 1_000).mapToObj(i -> "k" + i).toList();
            Map<String, String> all = new HashMap<>();
            keys.forEach(k -> all.put(k, "v" + k));
            assertThat(writer.putAll(all).isComplete()).isTrue();

            Map<String, String> found = reader.getAll(keys, missing -> {
                throw new AssertionError("nothing is missing: " + missing);
            });

            assertThat(found.keySet()).containsExactlyElementsOf(keys);
            assertThat(reader.stats().remote().get(0).hits()).isEqualTo(1_000);
            assertThat(writer.invalidateAll(keys).isComplete()).isTrue();
        }
    }

    @Test
    void ten_thousand_puts_spread_over_the_jitter_and_never_beyond_the_ttl() {
        Map<String, String> all = new HashMap<>();
        IntStream.range(0, 10_000).forEach(i -> all.put("k" + i, "v"));
        try (TieredCache<String, String> cache = TieredCache.<String, String>builder("jitter")
                .local(LocalTier.maximumSize(20_000))
                .remote(RedisTier.connect(
                        RedisConfig.of(redis.uri()).requestQueueSize(20_000).timeout(ofSeconds(20))))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofSeconds(100)).jitter(0.1))
                .build()) {
            long before = System.currentTimeMillis();
            assertThat(cache.putAll(all).isComplete()).isTrue();
            long after = System.currentTimeMillis();

            List<Long> ends = ends("jitter:k", 10_000);

            assertThat(ends).allMatch(end -> end >= before + 89_990 && end <= after + 100_010);
            Map<Long, Long> perSecond =
                    ends.stream().collect(Collectors.groupingBy(end -> (end - before) / 1_000, Collectors.counting()));
            // Evenly over ten seconds would be a thousand in each; a slow machine adds the time that it took to write.
            assertThat(perSecond.values().stream().filter(n -> n > 300)).hasSizeGreaterThanOrEqualTo(8);
        }
    }

    /** When each key ends, in wall-clock milliseconds, as Redis says. */
    private static List<Long> ends(String prefix, int count) {
        RedisClusterClient client = RedisClusterClient.create(redis.uri().split(",", 2)[0]);
        try (var connection = client.connect()) {
            List<RedisFuture<Long>> answers = IntStream.range(0, count)
                    .mapToObj(i -> connection.async().pexpiretime(prefix + i))
                    .toList();
            return answers.stream()
                    .map(answer -> answer.toCompletableFuture().join())
                    .toList();
        } finally {
            client.shutdown(Duration.ZERO, ofSeconds(2));
        }
    }

    @Test
    void two_hundred_threads_on_a_cold_key_make_one_load_and_one_look_into_L2() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(200);
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<String, String> cache = cache("cold", ofSeconds(60))) {
            // Who looks before a node is listened to is not joined by who looks after.
            await().until(() -> isListening(cache));
            CyclicBarrier together = new CyclicBarrier(200);
            Callable<String> reader = () -> {
                together.await();
                return cache.get("a", k -> {
                    loads.incrementAndGet();
                    return "v";
                });
            };

            for (Future<String> answer : threads.invokeAll(Collections.nCopies(200, reader))) {
                assertThat(answer.get()).isEqualTo("v");
            }

            TierStats l2 = cache.stats().remote().get(0);
            assertThat(loads).hasValue(1);
            assertThat(l2.hits() + l2.misses()).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean isListening(TieredCache<?, ?> cache) {
        List<CoherenceStats.Node> nodes = cache.coherence().nodes();
        return !nodes.isEmpty() && nodes.stream().allMatch(node -> node.state().equals("armed"));
    }

    @Test
    void a_value_of_1_5_MB_skips_memcached_and_is_counted() {
        try (TieredCache<String, String> writer = cache("large", ofSeconds(60));
                TieredCache<String, String> reader = cache("large", ofSeconds(60))) {
            String large = "x".repeat(1_500_000);

            assertThat(writer.put("a", large).isComplete()).isTrue();

            assertThat(writer.stats().remote().get(1).oversized()).isEqualTo(1);
            assertThat(writer.stats().remote().get(1).failures()).isZero();
            assertThat(reader.getIfPresent("a")).isEqualTo(large);
            assertThat(reader.stats().remote().get(0).hits()).isEqualTo(1);
        }
    }

    @Test
    void a_key_of_300_bytes_with_spaces_and_unicode_goes_through_every_tier() throws Exception {
        String key = "käse und brot \uD83C\uDF5E ".repeat(15);
        assertThat(key.getBytes(UTF_8)).hasSizeGreaterThanOrEqualTo(300);
        try (RedisTier raw = RedisTier.connect(redis.uri());
                TieredCache<String, String> writer = cache("odd-keys", ofSeconds(60));
                TieredCache<String, String> reader = cache("odd-keys", ofSeconds(60))) {
            writer.put(key, "v");
            assertThat(raw.remove(reader.explain(key).storedKey()).get()).isTrue();

            assertThat(reader.getIfPresent(key)).isEqualTo("v");

            assertThat(reader.stats().remote().get(1).hits()).isEqualTo(1);
        }
    }

    @Test
    void with_every_server_gone_readers_go_on_and_the_servers_are_used_again_when_they_are_back() {
        try (TieredCache<String, String> cache = cache("gone", ofSeconds(60), ofMillis(200))) {
            cache.put("a", "v");
            memcached.kill();
            redis.nodes().forEach(n -> n.kill());

            for (int i = 0; i < 50; i++) {
                long start = System.nanoTime();
                assertThat(cache.get("new" + i, k -> "loaded")).isEqualTo("loaded");
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ofSeconds(3));
            }
            await().atMost(ofSeconds(5))
                    .untilAsserted(() -> assertThat(cache.get("a", k -> "loaded"))
                            .as("nobody can say that L1's copy is still right, so it is not used")
                            .isEqualTo("loaded"));
            assertThatThrownBy(() -> cache.put("a", "w")).isInstanceOf(CacheWriteException.class);

            memcached.restart();
            redis.nodes().forEach(n -> n.restart());
            redis.awaitReady(ofSeconds(20));
            await().atMost(ofSeconds(20))
                    .ignoreException(CacheWriteException.class)
                    .until(() -> cache.put("b", "w").isComplete());
        } finally {
            if (!memcached.isAlive()) {
                memcached.restart();
            }
        }
    }

    @Test
    void close_leaves_no_thread() {
        Set<Long> before =
                Thread.getAllStackTraces().keySet().stream().map(Thread::getId).collect(Collectors.toSet());
        TieredCache<String, String> cache = cache("threads", ofSeconds(60));
        cache.get("a", k -> "v");
        var unused = cache.async().get("b", k -> "v").join();

        cache.close();

        await().atMost(ofSeconds(5))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .filteredOn(t -> !before.contains(t.getId()))
                        .extracting(Thread::getName)
                        .filteredOn(name -> !name.startsWith("CompletableFutureDelayScheduler")
                                && !name.startsWith("awaitility")
                                && !name.startsWith("globalEventExecutor"))
                        .isEmpty());
    }
}
