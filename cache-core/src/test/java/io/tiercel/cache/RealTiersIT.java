package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(10_000))
                .remote(RedisTier.connect(redis.uri()))
                .remote(MemcachedTier.connect(memcached.address()))
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
    void with_every_server_gone_readers_go_on_and_the_servers_are_used_again_when_they_are_back() {
        try (TieredCache<String, String> cache = cache("gone", ofSeconds(60))) {
            cache.put("a", "v");
            memcached.kill();
            redis.nodes().forEach(n -> n.kill());

            for (int i = 0; i < 50; i++) {
                long start = System.nanoTime();
                assertThat(cache.get("new" + i, k -> "loaded")).isEqualTo("loaded");
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ofSeconds(3));
            }
            assertThat(cache.get("a", k -> "other")).isEqualTo("v");
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
