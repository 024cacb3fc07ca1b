package io.tiercel.failure.matrix;

import io.lettuce.core.cluster.SlotHash;
import io.tiercel.cache.CacheStats;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.MovableClock;
import io.tiercel.cache.TierStats;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.WriteResult;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedConfig;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** What can be wrong although every server and every link is well: clocks, bytes, sizes, the source. */
final class OwnFaults {
    static final int KEYS = 50;

    private OwnFaults() {}

    static List<String> keys(String prefix) {
        return IntStream.range(0, KEYS).mapToObj(i -> prefix + i).toList();
    }

    static String value(String key) {
        return "value of " + key;
    }

    static TieredCacheBuilder<String, String> builder(Backends backends, String name) {
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(10_000))
                .remote(RedisTier.connect(RedisConfig.of(backends.redis().uri()).timeout(Duration.ofMillis(200))))
                .remote(MemcachedTier.connect(
                        MemcachedConfig.of(backends.memcached().address()).timeout(Duration.ofMillis(200))))
                .policy(p -> p.ttl(Arena.TTL));
    }

    static TieredCache<String, String> open(Backends backends, String name) {
        return builder(backends, name).codec(Codec.utf8()).build();
    }

    static Measured clockAhead(Backends backends) throws Exception {
        return clockJumps(backends, "ahead", Duration.ofHours(1));
    }

    static Measured clockBack(Backends backends) throws Exception {
        return clockJumps(backends, "back", Duration.ofHours(-1));
    }

    private static Measured clockJumps(Backends backends, String name, Duration by) throws Exception {
        Reads reads = new Reads();
        MovableClock clock = new MovableClock();
        try (TieredCache<String, String> wrong =
                        clock.in(builder(backends, name).codec(Codec.utf8())).build();
                TieredCache<String, String> right = open(backends, name)) {
            awaitListening(wrong);
            awaitListening(right);
            settle(reads, wrong, keys("own"));
            reads.get(right, keys("others"), OwnFaults::value);
            reads.loadsAndReset();

            clock.jump(by);

            reads.get(wrong, keys("own"), OwnFaults::value);
            long own = reads.loadsAndReset();
            reads.get(wrong, keys("others"), OwnFaults::value);
            long others = reads.loadsAndReset();
            reads.get(right, keys("own"), OwnFaults::value);
            long back = reads.loadsAndReset();
            reads.expect(own == 0, own + " values in L1 were taken for ended");
            reads.remark("loaded again: " + own + " of " + KEYS + " in L1, " + others + " of " + KEYS
                    + " in L2; in an instance with a right clock " + back + " of " + KEYS);
        }
        return reads.measured();
    }

    /** Reads until what was filled is in L1 to stay: a first fill is news of its own that comes back. */
    private static void settle(Reads reads, TieredCache<String, String> cache, List<String> keys) throws Exception {
        for (int i = 0; i < 3; i++) {
            reads.get(cache, keys, OwnFaults::value);
            Thread.sleep(200);
        }
    }

    static void awaitListening(TieredCache<String, String> cache) throws Exception {
        Backends.await("the change feed", () -> {
            var nodes = cache.coherence().nodes();
            return nodes.size() >= 3
                    && nodes.stream().allMatch(node -> node.state().equals("armed"));
        });
    }

    static Measured poison(Backends backends) throws Exception {
        Reads reads = new Reads();
        try (TieredCache<String, String> cache = open(backends, "poison")) {
            awaitListening(cache);
            List<String> keys = keys("p");
            settle(reads, cache, keys);
            reads.loadsAndReset();
            long before = undecodable(cache);

            for (String key : keys) {
                String stored = "poison:" + key;
                RedisNode node = backends.primary(SlotHash.getSlot(stored));
                backends.ask(node, redis -> redis.set(stored, "\u0001garbage\r\n" + key));
            }
            Thread.sleep(300);

            settle(reads, cache, keys);
            long loads = reads.loadsAndReset();
            long found = undecodable(cache) - before;
            reads.expect(found >= KEYS, "only " + found + " of " + KEYS + " were counted");
            reads.expect(loads <= 2 * KEYS, loads + " loads of " + KEYS + " keys: they were not removed");
            reads.remark(found + " counted as undecodable, " + loads + " loads");
        }
        return reads.measured();
    }

    private static long undecodable(TieredCache<String, String> cache) {
        return cache.stats().remote().stream().mapToLong(TierStats::undecodable).sum();
    }

    /** Another format under another id, as in the middle of a deployment. */
    private static final class NewCodec implements Codec<String> {
        @Override
        public int id() {
            return 77;
        }

        @Override
        public byte[] encode(String value) {
            return new StringBuilder(value).reverse().toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(ByteBuffer payload) {
            return new StringBuilder(StandardCharsets.UTF_8.decode(payload))
                    .reverse()
                    .toString();
        }
    }

    static Measured otherCodec(Backends backends) throws Exception {
        Reads reads = new Reads();
        try (TieredCache<String, String> before = open(backends, "schema");
                TieredCache<String, String> after =
                        builder(backends, "schema").codec(new NewCodec()).build()) {
            awaitListening(before);
            awaitListening(after);
            List<String> keys = keys("s");
            settle(reads, before, keys);
            reads.loadsAndReset();

            reads.get(after, keys, OwnFaults::value);
            long converted = reads.loadsAndReset();
            for (int i = 0; i < 5; i++) {
                reads.get(before, keys, OwnFaults::value);
                reads.get(after, keys, OwnFaults::value);
                Thread.sleep(100);
            }
            long fought = reads.loadsAndReset();
            reads.remark("loaded at the first meeting " + converted + " of " + KEYS
                    + "; in five rounds of both versions " + fought + " loads of " + 10 * KEYS + " reads");
        }
        return reads.measured();
    }

    static Measured oversize(Backends backends) throws Exception {
        Reads reads = new Reads();
        try (TieredCache<String, String> cache = open(backends, "oversize");
                TieredCache<String, String> other = open(backends, "oversize")) {
            awaitListening(cache);
            String large = "v".repeat(2_000_000);
            List<String> keys = List.of("k".repeat(300), "sp ace\r\nline", "ü".repeat(5_000), "k".repeat(100_000));
            for (String key : keys) {
                WriteResult put = cache.put(key, value("long key"));
                reads.expect(put.isComplete(), "pending: " + put.pending());
                reads.expect(
                        value("long key").equals(reads.get(other, key, k -> "loaded")), "a long key was not found");
            }
            WriteResult put = cache.put("large", large);
            reads.expect(put.isComplete(), "pending: " + put.pending());
            reads.expect(large.equals(reads.get(other, "large", k -> "loaded")), "the large value was not found");
            CacheStats stats = cache.stats();
            long oversized = stats.remote().get(1).oversized();
            reads.expect(oversized == 1, "oversized: " + oversized);
            reads.expect(reads.loadsAndReset() == 0, "something was loaded");
            reads.remark("keys up to 100,000 bytes and a value of 2 MB are in L2; L3 passed the value by, counted "
                    + oversized);
        }
        return reads.measured();
    }
}
