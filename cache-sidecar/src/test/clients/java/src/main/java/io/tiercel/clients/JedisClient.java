package io.tiercel.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** Jedis, pooled as it is by default. */
final class JedisClient implements Client {
    private @Nullable RedisClient redis;

    public static void main(String[] args) throws IOException {
        Steps.main(args, "redis.clients", "jedis", new JedisClient());
    }

    private RedisClient redis() throws IOException {
        if (redis == null) {
            throw new IOException("not connected");
        }
        return redis;
    }

    @Override
    public void connect(String host, int port) {
        redis = RedisClient.create(host, port);
        redis.ping();
    }

    @Override
    public void setEx(String key, String value, int seconds) throws IOException {
        redis().set(key, value, SetParams.setParams().ex(seconds));
    }

    @Override
    public @Nullable String get(String key) throws IOException {
        return redis().get(key);
    }

    @Override
    public void pipelineSet(List<String> keys, List<String> values) throws IOException {
        try (Pipeline pipeline = redis().pipelined()) {
            List<Response<String>> replies = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                replies.add(pipeline.set(keys.get(i), values.get(i)));
            }
            pipeline.sync();
            replies.forEach(Response::get);
        }
    }

    @Override
    public List<@Nullable String> pipelineGet(List<String> keys) throws IOException {
        try (Pipeline pipeline = redis().pipelined()) {
            List<Response<String>> replies = keys.stream().map(pipeline::get).toList();
            pipeline.sync();
            List<@Nullable String> values = new ArrayList<>();
            replies.forEach(reply -> values.add(reply.get()));
            return values;
        }
    }

    @Override
    public List<@Nullable String> mget(List<String> keys) throws IOException {
        return redis().mget(keys.toArray(String[]::new));
    }

    @Override
    public List<Object> multi(String key, String counter, String value) throws IOException {
        try (AbstractTransaction transaction = redis().multi()) {
            transaction.set(key, value);
            transaction.incr(counter);
            transaction.get(key);
            List<Object> replies = transaction.exec();
            return replies.subList(1, replies.size());
        }
    }

    @Override
    public long ttl(String key) throws IOException {
        return redis().ttl(key);
    }

    @Override
    public long pttl(String key) throws IOException {
        return redis().pttl(key);
    }

    @Override
    public long incr(String key) throws IOException {
        return redis().incr(key);
    }

    @Override
    public void setBytes(String key, byte[] value) throws IOException {
        redis().set(key.getBytes(StandardCharsets.UTF_8), value);
    }

    @Override
    public byte @Nullable [] getBytes(String key) throws IOException {
        return redis().get(key.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Collection<String> scan(String pattern) throws IOException {
        List<String> found = new ArrayList<>();
        String cursor = ScanParams.SCAN_POINTER_START;
        do {
            ScanResult<String> page = redis().scan(cursor, new ScanParams().match(pattern));
            found.addAll(page.getResult());
            cursor = page.getCursor();
        } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
        return found;
    }

    @Override
    public long del(List<String> keys) throws IOException {
        return redis().del(keys.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        redis().close();
    }
}
