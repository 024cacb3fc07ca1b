package io.tiercel.failure;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Cache-aside as it stands in tutorials: GET, on a miss ask the database, SET with a time to live. Nothing keeps two requests from asking
 * for the same row, nothing limits how many ask, and an answer for which its user did not wait is not stored.
 */
final class NaiveClient implements Client {
    private final RedisClusterClient client;
    private final StatefulRedisClusterConnection<String, String> redis;
    private final String prefix;
    private final Duration ttl;
    private final Source source;

    NaiveClient(String uri, String prefix, Duration ttl, Source source) {
        this.client = RedisClusterClient.create(RedisURI.create(uri));
        this.redis = client.connect();
        this.redis.setTimeout(Duration.ofSeconds(1));
        this.prefix = prefix;
        this.ttl = ttl;
        this.source = source;
    }

    @Override
    public String get(String key, long deadline) throws Exception {
        String cached = redis.sync().get(prefix + key);
        if (cached != null) {
            return cached;
        }
        String row = source.query(key).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        String unused = redis.sync().set(prefix + key, row, SetArgs.Builder.px(ttl));
        return row;
    }

    /** Stores the rows of the keys, to live so long. */
    void preload(List<String> keys, Duration life) {
        List<RedisFuture<?>> writes = new ArrayList<>();
        keys.forEach(
                key -> writes.add(redis.async().set(prefix + key, KneeDatabase.value(key), SetArgs.Builder.px(life))));
        if (!LettuceFutures.awaitAll(Duration.ofSeconds(10), writes.toArray(RedisFuture[]::new))) {
            throw new IllegalStateException("Redis did not take the rows within 10 s");
        }
    }

    @Override
    public void close() {
        redis.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
