package io.tiercel.benchmarks.peers;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.WriteResult;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tiercel as it is built by somebody who sets nothing that need not be set, but for JetCache's timeout. */
final class TiercelPair implements Contestant {
    /** What a tier did not confirm to have removed: no instance serves it, since all know that it does not count. */
    private static final String KNOWN_AS_ENDED = " known as ended";

    private final List<TieredCache<String, String>> instances = new ArrayList<>();
    private final RedisClient client = RedisClient.create();
    private final StatefulRedisConnection<String, String> redis;
    /** They have no L1. */
    private final TieredCache<String, String> inRedis;

    private final @Nullable TieredCache<String, String> inMemcached;
    private final @Nullable TieredCache<String, String> inBoth;

    /** @param memcached {@code host:port}, null for no L3 */
    TiercelPair(String late, String direct, @Nullable String memcached) {
        redis = client.connect(RedisURI.create(direct));
        instances.add(open(late, memcached));
        instances.add(open(direct, memcached));
        inRedis = builder().remote(redis(direct)).build();
        inMemcached = memcached == null
                ? null
                : builder().remote(MemcachedTier.connect(memcached)).build();
        inBoth = memcached == null
                ? null
                : builder()
                        .remote(redis(direct))
                        .remote(MemcachedTier.connect(memcached))
                        .build();
    }

    private static TieredCache<String, String> open(String redis, @Nullable String memcached) {
        TieredCacheBuilder<String, String> builder =
                builder().local(LocalTier.maximumSize(100_000)).remote(redis(redis));
        if (memcached != null) {
            builder.remote(MemcachedTier.connect(memcached));
        }
        return builder.build();
    }

    private static TieredCacheBuilder<String, String> builder() {
        return TieredCache.<String, String>builder("late").codec(Codec.utf8()).policy(p -> p.ttl(Schedule.TTL));
    }

    private static RedisTier redis(String uri) {
        return RedisTier.connect(RedisConfig.of(uri).timeout(Duration.ofSeconds(1)));
    }

    @Override
    public String name() {
        return "Tiercel";
    }

    @Override
    public @Nullable String get(int instance, String key, @Nullable Function<String, String> loader) {
        TieredCache<String, String> cache = instances.get(instance);
        return loader == null ? cache.getIfPresent(key) : cache.get(key, k -> loader.apply(k));
    }

    @Override
    public void put(int instance, String key, String value) {
        unconfirmed(key, instances.get(instance).put(key, value));
    }

    @Override
    public void remove(int instance, String key) {
        unconfirmed(key, instances.get(instance).invalidate(key));
    }

    private static void unconfirmed(String key, WriteResult result) {
        if (!result.isComplete()) {
            System.out.println("Tiercel: " + key + ": not confirmed by " + result.pending());
        }
    }

    @Override
    public Map<String, String> held(String key) {
        Map<String, String> held = new LinkedHashMap<>();
        for (int i = 0; i < instances.size(); i++) {
            TieredCache<String, String> cache = instances.get(i);
            long before = cache.stats().local().hits();
            String value = cache.getIfPresent(key);
            if (value != null && cache.stats().local().hits() > before) {
                held.put("L1 of " + i, value);
            }
        }
        note(held, "L2", inRedis.getIfPresent(key));
        if (inMemcached != null && inBoth != null) {
            String bytes = inMemcached.getIfPresent(key);
            // As when Redis has evicted it: does anybody who then asks get what the tier below holds?
            redis.sync().del(instances.get(0).explain(key).storedKey());
            String served = inBoth.getIfPresent(key);
            note(held, served == null && bytes != null ? "L3" + KNOWN_AS_ENDED : "L3", served == null ? bytes : served);
        }
        return held;
    }

    private static void note(Map<String, String> held, String tier, @Nullable String value) {
        if (value != null) {
            held.put(tier, value);
        }
    }

    @Override
    public void close() {
        instances.forEach(TieredCache::close);
        inRedis.close();
        if (inMemcached != null && inBoth != null) {
            inMemcached.close();
            inBoth.close();
        }
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
