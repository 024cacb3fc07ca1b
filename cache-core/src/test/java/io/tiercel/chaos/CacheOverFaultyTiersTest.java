package io.tiercel.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.chaos.Fault;
import io.tiercel.cache.chaos.FaultyTier;
import io.tiercel.cache.chaos.MemoryTier;
import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Whatever a tier does, a read has the value of its key or none, and no exception; a loader is asked for what the tiers
 * don't have. {@link Fault#HANG} has a test of its own, since each costs its reader a timeout.
 */
@Timeout(60)
class CacheOverFaultyTiersTest {
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(TieredCache.class);
    private static final int KEYS = 40;
    private static final int ROUNDS = 400;

    private final FaultyTier redis = FaultyTier.over(new MemoryTier("redis"));
    private final FaultyTier memcached = FaultyTier.over(new MemoryTier("memcached"));

    /** Hundreds of times a tier fails and recovers; each is worth a line to those who run a cache, but not here. */
    @BeforeAll
    static void hush() {
        LOG.setLevel(Level.ERROR);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    private TieredCacheBuilder<String, String> builder() {
        return TieredCache.<String, String>builder("users")
                .remote(redis.shared())
                .remote(memcached.shared())
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMinutes(1)))
                .resilience(r -> r.breaker(false)); // or most calls would not meet the fault
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HANG")
    void a_read_has_the_value_of_its_key_or_none_and_no_exception(Fault fault) {
        try (TieredCache<String, String> cache =
                builder().local(LocalTier.maximumSize(10)).build()) {
            run(cache, fault);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HANG")
    void without_L1_as_well(Fault fault) {
        try (TieredCache<String, String> cache = builder().build()) {
            run(cache, fault);
        }
    }

    @Test
    void tiers_that_never_answer_cost_their_timeouts_and_no_more() {
        try (TieredCache<String, String> cache = builder().build()) {
            cache.put("k", value("k"));
            redis.inject(Fault.HANG);
            memcached.inject(Fault.HANG);

            long begin = System.nanoTime();
            assertThat(cache.get("k", k -> value(k))).isEqualTo(value("k"));
            assertThat(cache.getIfPresent("k")).isNull();
            assertThatThrownBy(() -> cache.put("k", value("k"))).isInstanceOf(CacheWriteException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));

            redis.heal();
            memcached.heal();
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(cache.get("after", k -> value(k))).isEqualTo(value("after")));
        }
    }

    private void run(TieredCache<String, String> cache, Fault fault) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        redis.seed(seed).inject(fault, 0.3);
        memcached.seed(seed + 1).inject(fault, 0.3);

        for (int i = 0; i < ROUNDS; i++) {
            String key = "k" + random.nextInt(KEYS);
            List<String> some = IntStream.range(0, 5)
                    .mapToObj(n -> "k" + random.nextInt(KEYS))
                    .distinct()
                    .toList();
            switch (random.nextInt(8)) {
                case 0, 1 ->
                    assertThat(cache.get(key, k -> value(k)))
                            .as("seed %d", seed)
                            .isEqualTo(value(key));
                case 2 ->
                    assertThat(cache.getIfPresent(key)).as("seed %d", seed).isIn(null, value(key));
                case 3 ->
                    assertThat(cache.getAll(some, keys -> values(keys)))
                            .as("seed %d", seed)
                            .isEqualTo(values(some));
                case 4 -> assertThat(values(some)).as("seed %d", seed).containsAllEntriesOf(cache.getAllPresent(some));
                case 5 -> write(() -> cache.put(key, value(key)));
                case 6 -> write(() -> cache.putAll(values(some)));
                default -> write(() -> cache.invalidate(key));
            }
        }

        assertThat(redis.count(fault) + memcached.count(fault))
                .as("it happened")
                .isPositive();
        redis.heal();
        memcached.heal();
        assertThat(cache.get("after", k -> value(k))).isEqualTo(value("after"));
    }

    /** A write may fail, and says so. */
    private static void write(Runnable write) {
        try {
            write.run();
        } catch (CacheWriteException e) {
            assertThat(e).hasMessageContaining("users");
        }
    }

    private static String value(String key) {
        return "value of " + key;
    }

    private static Map<String, String> values(Iterable<String> keys) {
        Map<String, String> values = new HashMap<>();
        keys.forEach(key -> values.put(key, value(key)));
        return values;
    }
}
