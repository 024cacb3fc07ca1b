package io.tiercel.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A store that hangs must not collect what is written to it: writers are told in time, and the memory that waits for the
 * store stays within bounds, however much is written and however little its writers wait.
 */
@Timeout(120)
class HungWritesIT {
    private static final int WRITES = 60_000;
    private static final String VALUE = "x".repeat(4_096);
    /** All the values together are 246 MB; without the bound on calls under way, 45 were seen, and more on a fast machine. */
    private static final double MOST_MEGABYTES = 32;
    /** A put may ask the first tier for the generation and then write: two timeouts of 200 ms. */
    private static final Duration DEADLINE = Duration.ofMillis(400);
    /** What tens of thousands of failures at once on two busy cores, and a collector that is kept busy, may add. */
    private static final Duration SLACK = Duration.ofSeconds(4);

    @Test
    void writes_to_a_hung_memcached_fail_in_time_and_leave_no_heap_behind() throws Exception {
        Optional<Memcached> memcached = Memcached.startIfAvailable();
        Assumptions.assumeTrue(memcached.isPresent(), Memcached.howToGetIt());
        try (Memcached server = memcached.orElseThrow()) {
            check("memcached", MemcachedTier.connect(server.address()), List.of(server));
        }
    }

    @Test
    void writes_to_a_hung_Redis_Cluster_fail_in_time_and_leave_no_heap_behind() throws Exception {
        try (RedisCluster cluster = RedisCluster.start(3)) {
            check("redis", RedisTier.connect(cluster.uri()), cluster.nodes());
        }
    }

    private static void check(String what, RemoteTier tier, List<? extends FaultableServer> servers) throws Exception {
        try (TieredCache<String, String> cache = TieredCache.<String, String>builder("hung")
                .local(LocalTier.maximumSize(1_000))
                .remote(tier)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMinutes(10)))
                .build()) {
            warmUp(cache);
            try (Retained retained = new Retained()) {
                servers.forEach(FaultableServer::pause);
                Thread.sleep(200); // a busy process is stopped a moment after it was told to, and answers meanwhile
                Tally async = new Tally();
                withoutWaiting(cache, async);
                double mostAsync = retained.mostMegabytes();
                Tally blocking = new Tally();
                fromThreads(cache, blocking);
                double afterwards = retained.megabytesNow();
                servers.forEach(FaultableServer::resume);

                System.out.printf(
                        "%d writes of 4 KB to a hung %s without waiting: %s, at most %.1f MB more on the heap%n",
                        WRITES, what, async, mostAsync);
                System.out.printf(
                        "then from 32 threads: %s, at most %.1f MB more on the heap, %.1f MB afterwards%n",
                        blocking, retained.mostMegabytes(), afterwards);
                for (Tally tally : List.of(async, blocking)) {
                    assertThat(tally.done.get())
                            .as("accepted by a store that hangs")
                            .isZero();
                    assertThat(tally.slowest()).as("slowest").isLessThan(DEADLINE.plus(SLACK));
                }
                assertThat(async.failed.get()).isEqualTo(WRITES);
                assertThat(retained.mostMegabytes())
                        .as("MB retained at the worst moment")
                        .isLessThan(MOST_MEGABYTES);
            }
            awaitUse(cache);
        }
    }

    /** What was heard of writes. */
    private static final class Tally {
        final AtomicLong done = new AtomicLong();
        final AtomicLong failed = new AtomicLong();
        private final AtomicLong slowest = new AtomicLong();

        void note(long begin, boolean taken) {
            (taken ? done : failed).incrementAndGet();
            slowest.accumulateAndGet(System.nanoTime() - begin, Math::max);
        }

        Duration slowest() {
            return Duration.ofNanos(slowest.get());
        }

        @Override
        public String toString() {
            return failed + " failed, " + done + " done, the slowest after "
                    + slowest().toMillis() + " ms";
        }
    }

    private static void withoutWaiting(TieredCache<String, String> cache, Tally tally) throws Exception {
        CountDownLatch all = new CountDownLatch(WRITES);
        for (int i = 0; i < WRITES; i++) {
            long begin = System.nanoTime();
            var unused = cache.async().put("k" + i, VALUE).whenComplete((result, error) -> {
                tally.note(begin, error == null);
                all.countDown();
            });
        }
        assertThat(all.await(60, TimeUnit.SECONDS)).as("every write ends").isTrue();
    }

    private static void fromThreads(TieredCache<String, String> cache, Tally tally) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(32);
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            String prefix = "t" + i + ":";
            writers.add(threads.submit(() -> {
                for (int n = 0; n < WRITES && System.nanoTime() - end < 0; n++) {
                    long begin = System.nanoTime();
                    tally.note(begin, isTaken(cache, prefix + n));
                }
            }));
        }
        for (Future<?> writer : writers) {
            writer.get();
        }
        threads.shutdown();
    }

    private static boolean isTaken(TieredCache<String, String> cache, String key) {
        try {
            var unused = cache.put(key, VALUE);
            return true;
        } catch (CacheWriteException e) {
            return false;
        }
    }

    /** Classes, connections and buffers that stay are not what is looked for. */
    private static void warmUp(TieredCache<String, String> cache) throws InterruptedException {
        awaitUse(cache);
        for (int i = 0; i < 1_000; i++) {
            var unused = isTaken(cache, "w" + i);
        }
    }

    private static void awaitUse(TieredCache<String, String> cache) throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            if (isTaken(cache, "after")) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("it is not used again within 10 s");
    }
}
