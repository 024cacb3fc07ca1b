package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The oldest race of caching: a reader misses and reads the row; a writer changes the row and removes the cached value;
 * then the reader stores what it had read, and nobody ever removes that. Two clients, readers and writers on both, and at
 * rest a look at each key: stuck is what is older than the database.
 */
@Timeout(180)
class LoadWriteRaceIT {
    private static final int ROUNDS = 20;
    private static final int ASIDE_ROUNDS = 6;
    private static final int KEYS = 60;
    private static final int READERS = 8;
    private static final int WRITERS = 2;
    private static final int WRITES = 2;

    private static RedisCluster redis;
    private static Memcached memcached;

    private final long seed = Long.getLong("history.seed", System.nanoTime());
    private AtomicIntegerArray database = new AtomicIntegerArray(0);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** What both kinds of cache can do. */
    private interface Client {
        @Nullable
        String get(String key, Function<String, String> loader);

        void invalidate(String key);
    }

    @BeforeAll
    static void start() {
        memcached = Backends.memcachedOrSkip();
        redis = RedisCluster.start(3);
    }

    @AfterAll
    static void stop() {
        if (redis != null) {
            redis.close();
            memcached.close();
        }
    }

    private static TieredCacheBuilder<String, String> builder() {
        return TieredCache.<String, String>builder("race")
                .remote(RedisTier.connect(redis.uri()))
                .remote(MemcachedTier.connect(memcached.address()))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Caches.TTL));
    }

    @Test
    void no_value_is_stuck_in_any_tier() throws Exception {
        try (TieredCache<String, String> one =
                        builder().local(LocalTier.maximumSize(10_000)).build();
                TieredCache<String, String> other =
                        builder().local(LocalTier.maximumSize(10_000)).build();
                TieredCache<String, String> remoteOnly = builder().build()) {
            int stuck = race(ROUNDS, List.of(client(one), client(other)), remoteOnly::getIfPresent);
            Thread.sleep(FaultLog.Phase.HEALTHY.bound.toMillis());
            int stuckInL1 = stuck(one::getIfPresent) + stuck(other::getIfPresent);

            System.out.printf(
                    "load/write race, seed %d: %d of %d keys stuck in the remote tiers, %d of %d copies in an L1%n",
                    seed, stuck, database.length(), stuckInL1, 2 * database.length());
            List<String> broken = new ArrayList<>();
            if (stuck > 0) {
                broken.add(stuck + " stuck in the remote tiers");
            }
            if (stuckInL1 > 0) {
                broken.add(stuckInL1 + " stuck in an L1");
            }
            Enforced.assertKept(Enforced.LOAD_WRITE_RACE, broken);
        }
    }

    @Test
    void plain_cache_aside_leaves_some_and_so_the_race_was_run() throws Exception {
        RedisClusterClient lettuce = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", redis.node(0).port()));
        try (StatefulRedisClusterConnection<String, String> one = lettuce.connect();
                StatefulRedisClusterConnection<String, String> other = lettuce.connect()) {
            int stuck = race(
                    ASIDE_ROUNDS,
                    List.of(client(one), client(other)),
                    key -> one.sync().get("aside:" + key));

            System.out.printf(
                    "load/write race, seed %d: plain cache-aside has %d of %d keys stuck%n",
                    seed, stuck, database.length());
            assertThat(stuck).as("seed %d", seed).isPositive();
        } finally {
            lettuce.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    private static Client client(TieredCache<String, String> cache) {
        return new Client() {
            @Override
            public @Nullable String get(String key, Function<String, String> loader) {
                return cache.get(key, k -> loader.apply(k));
            }

            @Override
            public void invalidate(String key) {
                var unused = Repeated.write(() -> cache.invalidate(key));
            }
        };
    }

    /** As it stands in every tutorial. */
    private static Client client(StatefulRedisClusterConnection<String, String> redis) {
        return new Client() {
            @Override
            public String get(String key, Function<String, String> loader) {
                String cached = redis.sync().get("aside:" + key);
                if (cached != null) {
                    return cached;
                }
                String loaded = loader.apply(key);
                redis.sync().set("aside:" + key, loaded, SetArgs.Builder.px(Caches.TTL));
                return loaded;
            }

            @Override
            public void invalidate(String key) {
                redis.sync().del("aside:" + key);
            }
        };
    }

    /** Runs the rounds, each with keys of its own, and counts those that are stuck. */
    private int race(int rounds, List<Client> clients, Function<String, @Nullable String> look) throws Exception {
        database = new AtomicIntegerArray(rounds * KEYS);
        for (int round = 0; round < rounds; round++) {
            int first = round * KEYS;
            List<Future<?>> writers = new ArrayList<>();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Random random = new Random(seed + 100L * round + i);
                int own = i;
                writers.add(threads.submit(() -> write(clients, first + own, first + KEYS, random)));
            }
            for (int i = 0; i < READERS; i++) {
                Client client = clients.get(i % clients.size());
                Random random = new Random(seed + 100L * round + 50 + i);
                all.add(threads.submit(() -> read(client, first, writers, random)));
            }
            all.addAll(writers);
            for (Future<?> one : all) {
                one.get();
            }
        }
        return stuck(look);
    }

    private int stuck(Function<String, @Nullable String> look) {
        int stuck = 0;
        for (int key = 0; key < database.length(); key++) {
            String found = look.apply("k" + key);
            if (found != null && Integer.parseInt(found) < database.get(key)) {
                stuck++;
            }
        }
        return stuck;
    }

    /** Each key has one writer, so that no two of them race. */
    private void write(List<Client> clients, int first, int end, Random random) {
        for (int key = first; key < end; key += WRITERS) {
            for (int i = 0; i < WRITES; i++) {
                database.incrementAndGet(key);
                clients.get(random.nextInt(clients.size())).invalidate("k" + key);
                LockSupport.parkNanos(random.nextInt(3_000_000));
            }
        }
    }

    /** Follows the writers through the keys, and in the end reads each once more, so that all are cached. */
    private void read(Client client, int first, List<Future<?>> writers, Random random) {
        while (!writers.stream().allMatch(Future::isDone)) {
            var unused = client.get("k" + (first + random.nextInt(KEYS)), key -> load(key, random));
        }
        for (int key = first; key < first + KEYS; key++) {
            var unused = client.get("k" + key, k -> load(k, random));
        }
    }

    private String load(String key, Random random) {
        int version = database.get(Integer.parseInt(key.substring(1)));
        LockSupport.parkNanos(random.nextInt(2_000_000));
        return Integer.toString(version);
    }
}
