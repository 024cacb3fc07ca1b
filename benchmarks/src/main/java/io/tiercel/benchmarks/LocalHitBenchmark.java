package io.tiercel.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tiercel.cache.Loader;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a hit in L1 costs beside plain Caffeine. Every cache is three quarters full: below one half Caffeine skips its
 * policy and looks several times cheaper than it is in use. Keys asked for are equal to those stored but other objects,
 * as keys that come off a wire are.
 *
 * <p>No cache is closed: each fork has its own and ends with it, and JMH would count what closing allocates as the last
 * iteration's hits.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@SuppressWarnings("NullAway.Init") // @Setup fills the states
public class LocalHitBenchmark {
    private static final int ASKED = 1 << 16;
    private static final Duration TTL = Duration.ofMinutes(10);
    /** Captures nothing, so it is made once; a call of it would be seen as an allocation. */
    private static final Loader<String, String> LOADER = key -> "loaded " + key;

    /** The keys in the order in which a thread asks for them. */
    @State(Scope.Thread)
    public static class Asked {
        private final String[] asked = new String[ASKED];
        private int next;

        @Setup
        public void draw(Keys keys) {
            Random random = new Random(Thread.currentThread().getId());
            String[] names = new String[keys.keys];
            Zipf zipf = new Zipf(keys.keys, 0.99);
            // Ranks are spread over the keys, so that the hot ones are no neighbours in memory.
            for (int i = 0; i < ASKED; i++) {
                int key = (int) (zipf.draw(random) * 2_654_435_761L % keys.keys);
                if (names[key] == null) {
                    names[key] = name(key);
                }
                asked[i] = names[key];
            }
        }

        String next() {
            return asked[next++ & (ASKED - 1)];
        }
    }

    /** How many keys there are. */
    @State(Scope.Benchmark)
    public static class Keys {
        @Param({"1000", "100000"})
        public int keys;

        int capacity() {
            return keys / 3 * 4;
        }
    }

    /** Tiercel, bounded by entries. */
    @State(Scope.Benchmark)
    public static class Tiercel {
        TieredCache<String, String> entries;

        @Setup
        public void fill(Keys keys) {
            entries = filled(keys, LocalTier.maximumSize(keys.capacity()));
        }
    }

    /** Tiercel, bounded by bytes. */
    @State(Scope.Benchmark)
    public static class TiercelByBytes {
        TieredCache<String, String> bytes;

        @Setup
        public void fill(Keys keys) {
            // What an entry weighs: its bookkeeping, a key of about ten characters, and the 100 said here.
            long each = 144 + 56 + 10 + 100;
            bytes = filled(keys, LocalTier.<String>maximumBytes(keys.capacity() * each, value -> 100));
        }
    }

    /** Plain Caffeine. */
    @State(Scope.Benchmark)
    public static class Plain {
        Cache<String, String> cache;

        @Setup
        public void fill(Keys keys) {
            cache = filled(keys, Caffeine.newBuilder().maximumSize(keys.capacity()));
        }
    }

    /** Plain Caffeine with a time to live. */
    @State(Scope.Benchmark)
    public static class Expiring {
        Cache<String, String> cache;

        @Setup
        public void fill(Keys keys) {
            cache = filled(
                    keys, Caffeine.newBuilder().maximumSize(keys.capacity()).expireAfterWrite(TTL));
        }
    }

    /** Plain Caffeine with a time to live whose upkeep, as Tiercel's, runs on the thread that caused it. */
    @State(Scope.Benchmark)
    public static class ExpiringWithOwnUpkeep {
        Cache<String, String> cache;

        @Setup
        public void fill(Keys keys) {
            cache = filled(
                    keys,
                    Caffeine.newBuilder()
                            .maximumSize(keys.capacity())
                            .expireAfterWrite(TTL)
                            .executor(Runnable::run));
        }
    }

    static String name(int key) {
        return "user:" + (10_000 + key);
    }

    private static TieredCache<String, String> filled(Keys keys, LocalTier<String> local) {
        TieredCache<String, String> cache = TieredCache.<String, String>builder("benchmark")
                .local(local)
                .policy(p -> p.ttl(TTL))
                .build();
        for (int i = 0; i < keys.keys; i++) {
            cache.put(name(i), "value " + i);
        }
        return cache;
    }

    private static Cache<String, String> filled(Keys keys, Caffeine<Object, Object> builder) {
        Cache<String, String> cache = builder.build();
        for (int i = 0; i < keys.keys; i++) {
            cache.put(name(i), "value " + i);
        }
        return cache;
    }

    @Benchmark
    public @Nullable String tiercelGet(Tiercel tiercel, Asked asked) {
        return tiercel.entries.get(asked.next(), LOADER);
    }

    @Benchmark
    public @Nullable String tiercelGetIfPresent(Tiercel tiercel, Asked asked) {
        return tiercel.entries.getIfPresent(asked.next());
    }

    @Benchmark
    public @Nullable String tiercelGetByBytes(TiercelByBytes tiercel, Asked asked) {
        return tiercel.bytes.get(asked.next(), LOADER);
    }

    @Benchmark
    public @Nullable String caffeine(Plain plain, Asked asked) {
        return plain.cache.getIfPresent(asked.next());
    }

    @Benchmark
    public @Nullable String caffeineExpireAfterWrite(Expiring expiring, Asked asked) {
        return expiring.cache.getIfPresent(asked.next());
    }

    @Benchmark
    public @Nullable String caffeineExpireOwnUpkeep(ExpiringWithOwnUpkeep expiring, Asked asked) {
        return expiring.cache.getIfPresent(asked.next());
    }
}
