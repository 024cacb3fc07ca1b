package io.tiercel.benchmarks.peers;

import io.tiercel.cache.Explanation;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
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
    /** Looks into one remote tier each. */
    private final Map<String, TieredCache<String, String>> lookers = new LinkedHashMap<>();

    /** @param memcached {@code host:port}, null for no L3 */
    TiercelPair(String late, String direct, @Nullable String memcached) {
        instances.add(open(late, memcached));
        instances.add(open(direct, memcached));
        lookers.put("L2", builder().remote(redis(direct)).build());
        if (memcached != null) {
            lookers.put("L3", builder().remote(MemcachedTier.connect(memcached)).build());
        }
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
        var unused = instances.get(instance).put(key, value);
    }

    @Override
    public void remove(int instance, String key) {
        var unused = instances.get(instance).invalidate(key);
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
        List<Explanation.TierView> remote =
                instances.get(1).explain(key).tiers().stream().skip(1).toList();
        lookers.forEach((tier, looker) -> {
            String value = looker.getIfPresent(key);
            if (value != null) {
                boolean usable = remote.get(tier.charAt(1) - '2').state() != Explanation.State.MISS;
                held.put(usable ? tier : tier + KNOWN_AS_ENDED, value);
            }
        });
        return held;
    }

    @Override
    public void close() {
        instances.forEach(TieredCache::close);
        lookers.values().forEach(TieredCache::close);
    }
}
