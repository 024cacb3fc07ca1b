package io.tiercel.cache.fleet;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.CacheOverloadedException;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances of a cache that come and go, and one source that stands so many calls at once from all of them. */
@Timeout(180)
class LoadSharesIT {
    private static final int LIMIT = 24;
    private static final int MOST = 20;
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final String name = "shares-" + NAMES.incrementAndGet();
    private final RedisServer server = RedisServer.start();
    private final RedisTier redis =
            RedisTier.connect(RedisConfig.of(server.uri()).timeout(ofSeconds(2)));
    private final List<Instance> instances = new CopyOnWriteArrayList<>();
    private final Source source = new Source();

    @AfterEach
    void close() {
        instances.forEach(Instance::end);
        instances.forEach(Instance::leave);
        redis.close();
        server.close();
    }

    /** Counts who asks it. */
    private static final class Source {
        final AtomicInteger now = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicLong calls = new AtomicLong();

        /** Most calls are short, and some last for longer than a heartbeat. */
        String load(String key) throws InterruptedException {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            calls.incrementAndGet();
            try {
                Random random = new Random(key.hashCode());
                TimeUnit.MILLISECONDS.sleep(random.nextInt(10) == 0 ? 600 : 100 + random.nextInt(200));
                return "v";
            } finally {
                now.decrementAndGet();
            }
        }
    }

    /** Two caches of the same source, whose keys are hardly ever asked for twice. */
    private final class Instance {
        final Fleet fleet;
        final List<TieredCache<String, String>> caches = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        final AtomicInteger refused = new AtomicInteger();
        volatile boolean ended;

        Instance(String pod) {
            fleet = Fleet.join(redis, FleetSettings.of(name, pod).times(ofMillis(150), ofSeconds(1), ofMillis(1_200)));
            for (String cache : List.of("users", "orders")) {
                caches.add(TieredCache.<String, String>builder(cache)
                        .local(LocalTier.maximumSize(1_000))
                        .remote(redis.shared())
                        .codec(Codec.utf8())
                        .policy(p -> p.ttl(ofMinutes(1)).loaderPermits(64))
                        .fleet(fleet.shares("db", LIMIT))
                        .build());
            }
            for (int i = 0; i < 8; i++) {
                Random random = new Random(pod.hashCode() * 31L + i);
                TieredCache<String, String> cache = caches.get(i % 2);
                Thread thread = new Thread(() -> read(cache, random), pod + "-" + i);
                threads.add(thread);
                thread.start();
            }
        }

        private void read(TieredCache<String, String> cache, Random random) {
            while (!ended) {
                try {
                    cache.get("k" + random.nextInt(100_000_000), source::load);
                } catch (CacheOverloadedException e) {
                    refused.incrementAndGet();
                }
            }
        }

        void end() {
            ended = true;
        }

        void leave() {
            end();
            try {
                for (Thread thread : threads) {
                    thread.join();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            caches.forEach(TieredCache::close);
            fleet.close();
            instances.remove(this);
        }

        int share() {
            return fleet.budget("db", LIMIT).share();
        }
    }

    private void become(int count, Random random) throws InterruptedException {
        while (instances.size() < count) {
            instances.add(new Instance("pod-" + NAMES.incrementAndGet()));
            TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
        }
        while (instances.size() > count) {
            instances.get(random.nextInt(instances.size())).leave();
            TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
        }
    }

    private void allIsHandedOut() {
        assertThat(source.most.get()).as("asked for at once").isLessThanOrEqualTo(LIMIT);
        await().atMost(ofSeconds(20))
                .until(() -> instances.stream().mapToInt(Instance::share).sum() == LIMIT);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void the_source_is_never_asked_for_more_than_the_limit_while_two_instances_become_twenty_and_two_again(long seed)
            throws InterruptedException {
        Random random = new Random(seed);

        become(2, random);
        allIsHandedOut();
        become(MOST, random);
        allIsHandedOut();
        await().atMost(ofSeconds(20))
                .until(() -> instances.stream()
                                .flatMap(instance -> instance.caches.stream())
                                .mapToInt(cache -> cache.loaders().underWay())
                                .sum()
                        >= LIMIT - 2);
        become(2, random);
        allIsHandedOut();

        int refused =
                instances.stream().mapToInt(instance -> instance.refused.get()).sum();
        assertThat(source.most.get()).as("seed %d", seed).isLessThanOrEqualTo(LIMIT);
        assertThat(refused).as("of those that stayed").isZero();
    }
}
