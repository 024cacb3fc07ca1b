package io.tiercel.clients;

import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Lettuce's client for one server. */
final class LettuceClient implements Client {
    private static final Duration PIPELINE = Duration.ofSeconds(30);

    private @Nullable RedisClient client;
    private @Nullable StatefulRedisConnection<String, String> connection;
    private @Nullable StatefulRedisConnection<byte[], byte[]> binary;

    public static void main(String[] args) throws IOException {
        Steps.main(args, "io.lettuce", "lettuce-core", new LettuceClient());
    }

    private static <T> T connected(@Nullable T part) throws IOException {
        if (part == null) {
            throw new IOException("not connected");
        }
        return part;
    }

    @Override
    public void connect(String host, int port) {
        client = RedisClient.create(RedisURI.create(host, port));
        connection = client.connect();
        connection.sync().ping();
        binary = client.connect(ByteArrayCodec.INSTANCE);
    }

    @Override
    public void setEx(String key, String value, int seconds) throws IOException {
        connected(connection).sync().set(key, value, SetArgs.Builder.ex(seconds));
    }

    @Override
    public @Nullable String get(String key) throws IOException {
        return connected(connection).sync().get(key);
    }

    @Override
    public void pipelineSet(List<String> keys, List<String> values) throws IOException {
        var commands = connected(connection).async();
        List<RedisFuture<String>> replies = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            replies.add(commands.set(keys.get(i), values.get(i)));
        }
        await(replies);
    }

    @Override
    public List<@Nullable String> pipelineGet(List<String> keys)
            throws IOException, ExecutionException, InterruptedException {
        var commands = connected(connection).async();
        List<RedisFuture<String>> replies = new ArrayList<>();
        keys.forEach(key -> replies.add(commands.get(key)));
        await(replies);
        List<@Nullable String> values = new ArrayList<>();
        for (RedisFuture<String> reply : replies) {
            values.add(reply.get());
        }
        return values;
    }

    private static void await(List<RedisFuture<String>> replies) throws IOException {
        if (!LettuceFutures.awaitAll(PIPELINE, replies.toArray(RedisFuture[]::new))) {
            throw new IOException("the pipeline was not answered within " + PIPELINE);
        }
    }

    @Override
    public List<@Nullable String> mget(List<String> keys) throws IOException {
        List<@Nullable String> values = new ArrayList<>();
        for (KeyValue<String, String> value : connected(connection).sync().mget(keys.toArray(String[]::new))) {
            values.add(value.getValueOrElse(null));
        }
        return values;
    }

    @Override
    public List<Object> multi(String key, String counter, String value) throws IOException {
        var commands = connected(connection).sync();
        commands.multi();
        commands.set(key, value);
        commands.incr(counter);
        commands.get(key);
        TransactionResult replies = commands.exec();
        return List.of(replies.get(1), replies.get(2));
    }

    @Override
    public long ttl(String key) throws IOException {
        return connected(connection).sync().ttl(key);
    }

    @Override
    public long pttl(String key) throws IOException {
        return connected(connection).sync().pttl(key);
    }

    @Override
    public long incr(String key) throws IOException {
        return connected(connection).sync().incr(key);
    }

    @Override
    public void setBytes(String key, byte[] value) throws IOException {
        connected(binary).sync().set(key.getBytes(StandardCharsets.UTF_8), value);
    }

    @Override
    public byte @Nullable [] getBytes(String key) throws IOException {
        return connected(binary).sync().get(key.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Collection<String> scan(String pattern) throws IOException {
        List<String> found = new ArrayList<>();
        ScanIterator.scan(connected(connection).sync(), ScanArgs.Builder.matches(pattern))
                .forEachRemaining(found::add);
        return found;
    }

    @Override
    public long del(List<String> keys) throws IOException {
        return connected(connection).sync().del(keys.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        connected(binary).close();
        connected(connection).close();
        connected(client).shutdown();
    }
}
