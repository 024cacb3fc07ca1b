package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real cluster, one of whose nodes is frozen. Times are printed; what is asserted of them leaves room for a busy machine. */
@Timeout(120)
class HungNodeIT {
    private static final Duration TIMEOUT = ofMillis(200);
    private static final RedisCluster redis = RedisCluster.start(3);

    @AfterAll
    static void stop() {
        redis.close();
    }

    private static TieredCache<String, String> cache(String name) {
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(10_000))
                .remote(RedisTier.connect(RedisConfig.of(redis.uri()).timeout(TIMEOUT)))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(5)))
                .build();
    }

    private static NodeStats node(TieredCache<?, ?> cache) {
        return cache.nodes().stream()
                .filter(one -> one.node().endsWith(":" + redis.node(0).port()))
                .findFirst()
                .orElseThrow();
    }

    private static long[] micros(List<String> keys, Consumer<String> read) {
        long[] micros = new long[keys.size()];
        for (int i = 0; i < micros.length; i++) {
            long start = System.nanoTime();
            read.accept(keys.get(i));
            micros[i] = (System.nanoTime() - start) / 1_000;
        }
        return micros;
    }

    private static long percentile(long[] micros, double share) {
        long[] sorted = micros.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    }

    private static void print(String what, long[] micros) {
        System.out.printf(
                "%s: n=%d p50=%d us p99=%d us max=%d us%n",
                what, micros.length, percentile(micros, .5), percentile(micros, .99), percentile(micros, 1));
    }

    @Test
    void a_hung_node_costs_its_timeout_a_few_times_and_the_others_nothing() {
        try (TieredCache<String, String> cache = cache("hung")) {
            List<String> keys = IntStream.range(0, 3_000).mapToObj(i -> "k" + i).toList();
            for (String key : keys) {
                cache.get(key, k -> "warm"); // code and connections
            }
            List<String> hot = keys.subList(0, 100);
            assertThat(cache.nodes()).hasSize(3);
            List<String> first =
                    IntStream.range(0, 60).mapToObj(i -> "first" + i).toList();
            List<String> then =
                    IntStream.range(0, 2_000).mapToObj(i -> "then" + i).toList();
            long timeoutsBefore = node(cache).timeouts();

            redis.node(0).pause();
            long[] contact;
            long[] open;
            long[] local;
            try {
                contact = micros(
                        first, key -> assertThat(cache.get(key, k -> "loaded")).isEqualTo("loaded"));
                hot.forEach(key -> cache.get(key, k -> "loaded")); // a bound later nobody vouches for the old copies
                local = micros(hot, cache::getIfPresent);
                open = micros(
                        then, key -> assertThat(cache.get(key, k -> "loaded")).isEqualTo("loaded"));
                System.out.println(node(cache));
            } finally {
                redis.node(0).resume();
            }
            long healed = System.nanoTime();
            await().atMost(ofSeconds(10)).until(() -> {
                cache.getIfPresent("poll" + System.nanoTime());
                return node(cache).state() == NodeStats.State.CLOSED;
            });
            print("first contact", contact);
            print("L1 hits", local);
            print("breaker open", open);
            System.out.printf("closed %d ms after SIGCONT%n", (System.nanoTime() - healed) / 1_000_000);

            assertThat(percentile(contact, .99)).isLessThan(200_000);
            assertThat(percentile(open, .95)).isLessThan(20_000);
            assertThat(percentile(local, .5)).isLessThan(1_000);
            assertThat(node(cache).timeouts() - timeoutsBefore)
                    .as("and not one for each of 700 calls")
                    .isLessThan(20);
            assertThat(cache.nodes().stream().filter(one -> one.refused() > 0).map(NodeStats::node))
                    .as("the others")
                    .hasSize(1);
        }
    }

    @Test
    void what_a_hung_node_did_not_take_is_repaired_when_it_answers_again() {
        try (TieredCache<String, String> cache = cache("repair");
                RedisTier raw = RedisTier.connect(RedisConfig.of(redis.uri()).timeout(ofSeconds(5)))) {
            List<String> keys = IntStream.range(0, 60).mapToObj(i -> "k" + i).toList();
            keys.forEach(key -> cache.put(key, "old"));
            List<String> failed = new ArrayList<>();

            redis.node(0).pause();
            long[] micros;
            try {
                micros = micros(keys, key -> {
                    try {
                        cache.invalidate(key);
                    } catch (CacheWriteException e) {
                        failed.add(key);
                    }
                });
            } finally {
                redis.node(0).resume();
            }
            print("invalidations", micros);

            assertThat(failed).hasSizeBetween(5, 40);
            await().atMost(ofSeconds(10)).until(() -> cache.coherence().repairsPending() == 0);
            for (String key : keys) {
                assertThat(raw.get("repair:" + key).join()).as(key).isNull();
                assertThat(cache.getIfPresent(key)).isNull();
            }
        }
    }
}
