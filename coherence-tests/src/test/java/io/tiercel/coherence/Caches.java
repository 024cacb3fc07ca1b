package io.tiercel.coherence;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.Coherence;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.WallClock;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** The cache under test: as a user would build it, with clients of its own. */
final class Caches {
    /** Longer than a history, so that nothing stale goes away by itself. */
    static final Duration TTL = Duration.ofMinutes(10);

    /** How long a lease outlives its holder: what a user has who says nothing of it. */
    static final Duration LEASE_TIME = defaults().leaseTime();

    private Caches() {}

    private static Coherence defaults() {
        AtomicReference<Coherence> defaults = new AtomicReference<>();
        var unused = TieredCache.<String, String>builder("defaults").coherence(coherence -> {
            defaults.set(coherence);
            return coherence;
        });
        return requireNonNull(defaults.get());
    }

    static TieredCache<String, String> open(Settings settings) {
        TieredCacheBuilder<String, String> builder = TieredCache.<String, String>builder(settings.cache())
                .local(LocalTier.maximumSize(100_000))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(settings.ttl()));
        if (!settings.redis().isEmpty()) {
            builder.remote(RedisTier.connect(RedisConfig.of(settings.redis()).clientName(settings.clientName())));
        }
        if (!settings.memcached().isEmpty()) {
            builder.remote(MemcachedTier.connect(settings.memcached()));
        }
        return settings.clockOff().isZero()
                ? builder.build()
                : WallClock.off(builder, settings.clockOff()).build();
    }
}
