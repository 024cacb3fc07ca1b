package io.tiercel.failure;

import io.tiercel.cache.CachePolicy;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.WriteResult;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The cache under test, with clients of its own. */
final class TieredClient implements Client {
    private static final int MOST_TRIES = 10;

    private final TieredCache<String, String> cache;
    private final Source source;

    TieredClient(
            String name, String redis, @Nullable String memcached, UnaryOperator<CachePolicy> policy, Source source) {
        TieredCacheBuilder<String, String> builder = TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(100_000))
                .remote(RedisTier.connect(redis))
                .codec(Codec.utf8())
                .policy(policy);
        if (memcached != null) {
            builder.remote(MemcachedTier.connect(memcached));
        }
        this.cache = builder.build();
        this.source = source;
    }

    @Override
    public String get(String key, long deadline) {
        // The loader waits for the database as long as that takes: what its answer is good for the cache knows.
        String value = cache.get(key, k -> source.query(k).get());
        return value == null ? "" : value;
    }

    /**
     * Stores the rows of the keys, to live so long; what a new JVM is too slow for at first, again.
     *
     * @return whether every tier took everything at once: if not, what memcached had so far may not be used any more
     */
    boolean preload(List<String> keys, Duration life) {
        List<String> left = keys;
        boolean everywhere = true;
        for (int tries = 0; !left.isEmpty(); tries++) {
            if (tries == MOST_TRIES) {
                throw new IllegalStateException("Redis did not take " + left.size() + " of " + keys.size() + " rows");
            }
            Map<String, CompletableFuture<WriteResult>> writes = new LinkedHashMap<>();
            left.forEach(key -> writes.put(key, cache.async().put(key, KneeDatabase.value(key), life)));
            List<String> failed = new ArrayList<>();
            for (Map.Entry<String, CompletableFuture<WriteResult>> write : writes.entrySet()) {
                WriteResult result =
                        write.getValue().handle((done, error) -> done).join();
                everywhere &= result != null && result.pending().isEmpty();
                if (result == null) {
                    failed.add(write.getKey());
                }
            }
            left = failed;
        }
        return everywhere;
    }

    @Override
    public void close() {
        cache.close();
    }
}
