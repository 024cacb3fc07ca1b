package io.tiercel.benchmarks;

import io.tiercel.cache.Loader;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisServer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs a hit in L1 to know that nobody else has changed the value: the same cache over a real Redis with the
 * change feed on, and with it off. Keys are drawn as in {@link LocalHitBenchmark}, and nothing is closed for its reason.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@SuppressWarnings("NullAway.Init") // @Setup fills the states
public class FeedHitBenchmark {
    private static final Duration TTL = Duration.ofMinutes(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final double LEAST_HIT_RATIO = 0.999;
    private static final Loader<String, String> LOADER = key -> "loaded " + key;

    /** With the change feed, as a cache is that says nothing of it. */
    @State(Scope.Benchmark)
    public static class WithFeed {
        private Behind behind;

        @Setup
        public void fill(LocalHitBenchmark.Keys keys) throws InterruptedException {
            behind = new Behind(keys, true);
        }

        @TearDown
        public void check() {
            behind.requireHits();
        }
    }

    /** Without it: a copy lives until its own end. */
    @State(Scope.Benchmark)
    public static class WithoutFeed {
        private Behind behind;

        @Setup
        public void fill(LocalHitBenchmark.Keys keys) throws InterruptedException {
            behind = new Behind(keys, false);
        }

        @TearDown
        public void check() {
            behind.requireHits();
        }
    }

    /** A cache over a Redis of its own, which ends with the process. */
    static final class Behind {
        final TieredCache<String, String> cache;
        private long hits;
        private long misses;

        Behind(LocalHitBenchmark.Keys keys, boolean changes) throws InterruptedException {
            cache = TieredCache.<String, String>builder("benchmark")
                    .local(LocalTier.maximumSize(keys.capacity()))
                    .remote(RedisTier.connect(
                            RedisConfig.of(RedisServer.start().uri()).timeout(PATIENCE)))
                    .codec(Codec.utf8())
                    .coherence(c -> c.changes(changes))
                    .policy(p -> p.ttl(TTL))
                    .build();
            fill(keys.keys);
            count();
        }

        /** Until all are in L1 and vouched for: the first copies go when the echo of their writing comes back. */
        private void fill(int keys) throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            Map<String, String> all = new LinkedHashMap<>();
            for (int i = 0; i < keys; i++) {
                all.put(LocalHitBenchmark.name(i), "value " + i);
                if (all.size() == 1_000) {
                    var unused = cache.putAll(all);
                    all.clear();
                }
            }
            var unused = cache.putAll(all);
            for (long hitsNow = 0; hitsNow < keys; ) {
                if (System.nanoTime() - end > 0) {
                    throw new IllegalStateException(hitsNow + " of " + keys + " are hit in L1");
                }
                Thread.sleep(500);
                long before = cache.stats().local().hits();
                for (int i = 0; i < keys; i++) {
                    cache.getIfPresent(LocalHitBenchmark.name(i));
                }
                hitsNow = cache.stats().local().hits() - before;
            }
        }

        private void count() {
            hits = cache.stats().local().hits();
            misses = cache.stats().local().misses();
        }

        /** What was measured was what the name says. */
        void requireHits() {
            long hit = cache.stats().local().hits() - hits;
            long missed = cache.stats().local().misses() - misses;
            if (hit < LEAST_HIT_RATIO * (hit + missed)) {
                throw new IllegalStateException("of " + (hit + missed) + " reads only " + hit + " were hits in L1");
            }
        }
    }

    @Benchmark
    public @Nullable String tiercelGetWithFeed(WithFeed with, LocalHitBenchmark.Asked asked) {
        return with.behind.cache.get(asked.next(), LOADER);
    }

    @Benchmark
    public @Nullable String tiercelGetWithoutFeed(WithoutFeed without, LocalHitBenchmark.Asked asked) {
        return without.behind.cache.get(asked.next(), LOADER);
    }
}
