package io.tiercel.clients;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RBucket;
import org.redisson.api.options.KeysScanOptions;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** Redisson on a single server. It is told to store strings as such; that is a choice of each object, not of the connection. */
// A batch answers for all its commands at once, in execute().
@SuppressWarnings("FutureReturnValueIgnored")
final class RedissonClient implements Client {
    private org.redisson.api.@Nullable RedissonClient redisson;

    public static void main(String[] args) throws IOException {
        Steps.main(args, "org.redisson", "redisson", new RedissonClient());
    }

    private org.redisson.api.RedissonClient redisson() throws IOException {
        if (redisson == null) {
            throw new IOException("not connected");
        }
        return redisson;
    }

    private RBucket<String> bucket(String key) throws IOException {
        return redisson().getBucket(key, StringCodec.INSTANCE);
    }

    @Override
    public void connect(String host, int port) {
        Config config = new Config();
        config.useSingleServer().setAddress("redis://" + host + ":" + port);
        redisson = Redisson.create(config);
    }

    @Override
    public void setEx(String key, String value, int seconds) throws IOException {
        bucket(key).set(value, Duration.ofSeconds(seconds));
    }

    @Override
    public @Nullable String get(String key) throws IOException {
        return bucket(key).get();
    }

    @Override
    public void pipelineSet(List<String> keys, List<String> values) throws IOException {
        RBatch batch = redisson().createBatch();
        for (int i = 0; i < keys.size(); i++) {
            batch.getBucket(keys.get(i), StringCodec.INSTANCE).setAsync(values.get(i));
        }
        batch.execute();
    }

    @Override
    public List<@Nullable String> pipelineGet(List<String> keys) throws IOException {
        RBatch batch = redisson().createBatch();
        keys.forEach(key -> batch.getBucket(key, StringCodec.INSTANCE).getAsync());
        List<@Nullable String> values = new ArrayList<>();
        batch.execute().getResponses().forEach(reply -> values.add((String) reply));
        return values;
    }

    @Override
    public List<@Nullable String> mget(List<String> keys) throws IOException {
        Map<String, String> found = redisson().getBuckets(StringCodec.INSTANCE).get(keys.toArray(String[]::new));
        List<@Nullable String> values = new ArrayList<>();
        keys.forEach(key -> values.add(found.get(key)));
        return values;
    }

    @Override
    public List<Object> multi(String key, String counter, String value) throws IOException {
        RBatch batch = redisson()
                .createBatch(BatchOptions.defaults().executionMode(BatchOptions.ExecutionMode.IN_MEMORY_ATOMIC));
        batch.getBucket(key, StringCodec.INSTANCE).setAsync(value);
        batch.getAtomicLong(counter).incrementAndGetAsync();
        batch.getBucket(key, StringCodec.INSTANCE).getAsync();
        List<?> replies = batch.execute().getResponses();
        return List.of(replies.get(1), replies.get(2));
    }

    @Override
    public long ttl(String key) throws IOException {
        long millis = pttl(key);
        return millis < 0 ? millis : millis / 1000;
    }

    @Override
    public long pttl(String key) throws IOException {
        return bucket(key).remainTimeToLive();
    }

    @Override
    public long incr(String key) throws IOException {
        return redisson().getAtomicLong(key).incrementAndGet();
    }

    @Override
    public void setBytes(String key, byte[] value) throws IOException {
        redisson().getBucket(key, ByteArrayCodec.INSTANCE).set(value);
    }

    @Override
    public byte @Nullable [] getBytes(String key) throws IOException {
        return redisson().<byte[]>getBucket(key, ByteArrayCodec.INSTANCE).get();
    }

    @Override
    public Collection<String> scan(String pattern) throws IOException {
        List<String> found = new ArrayList<>();
        redisson()
                .getKeys()
                .getKeys(KeysScanOptions.defaults().pattern(pattern))
                .forEach(found::add);
        return found;
    }

    @Override
    public long del(List<String> keys) throws IOException {
        return redisson().getKeys().delete(keys.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        redisson().shutdown();
    }
}
