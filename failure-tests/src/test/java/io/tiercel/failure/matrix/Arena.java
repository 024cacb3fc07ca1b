package io.tiercel.failure.matrix;

import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** What a fault may reach: the servers, the ways to them, and two instances of one cache with clients of their own. */
final class Arena implements AutoCloseable {
    /** Longer than any row, so that nothing stale goes away by itself. */
    static final Duration TTL = Duration.ofMinutes(10);

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Backends backends;
    private final boolean scripted;
    private final String name = "m" + NUMBER.incrementAndGet();
    private final Truth truth = new Truth();
    private final List<String> remarks = new CopyOnWriteArrayList<>();
    private final TieredCache<String, String> observed;
    private final TieredCache<String, String> writer;

    Arena(Backends backends, boolean scripted) {
        this.backends = backends;
        this.scripted = scripted;
        String redis = scripted ? backends.scripted().uri() : backends.redis().uri();
        String memcached = backends.memcached().address();
        this.observed = open(name, "observed", redis, memcached);
        this.writer = open(name, "writer", redis, memcached);
    }

    /** As a user would, with the defaults. */
    static TieredCache<String, String> open(String name, String client, String redis, String memcached) {
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(10_000))
                .remote(RedisTier.connect(RedisConfig.of(redis).clientName(client)))
                .remote(MemcachedTier.connect(memcached))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(TTL))
                .build();
    }

    Backends backends() {
        return backends;
    }

    ScriptedRedis scripted() {
        return backends.scripted();
    }

    String name() {
        return name;
    }

    Truth truth() {
        return truth;
    }

    /** The instance whose reads count. */
    TieredCache<String, String> observed() {
        return observed;
    }

    /** The other one, that writes. */
    TieredCache<String, String> writer() {
        return writer;
    }

    /** Where the primaries are, as clients reach them. */
    Set<String> primaries() {
        return scripted
                ? Set.of(backends.scripted().address())
                : backends.primaries().keySet().stream()
                        .map(node -> node.host() + ":" + node.port())
                        .collect(Collectors.toSet());
    }

    /** All ways to Redis. */
    List<Faults> links() {
        return backends.redis().nodes().stream().map(node -> node.proxy().all()).toList();
    }

    /** Says something in the row's remarks. */
    void remark(String remark) {
        remarks.add(remark);
    }

    List<String> remarks() {
        return remarks;
    }

    @Override
    public void close() {
        observed.close();
        writer.close();
    }
}
