package io.tiercel.cache.tier.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * One server and one connection.
 *
 * @param address the server's
 */
record StandaloneLink(
        RedisUri.Server server, String address, RedisClient client, StatefulRedisConnection<byte[], byte[]> connection)
        implements RedisLink {
    StandaloneLink(RedisUri.Server server, RedisClient client, StatefulRedisConnection<byte[], byte[]> connection) {
        this(server, server.toString(), client, connection);
    }

    @Override
    public StatefulConnection<byte[], byte[]> routed() {
        return connection;
    }

    @Override
    public List<Share> split(List<byte[]> keys) {
        return List.of(new Share(
                CompletableFuture.completedFuture(connection),
                IntStream.range(0, keys.size()).boxed().toList()));
    }

    @Override
    public void answered(byte[] key) {
        // There is no other server to turn to.
    }

    @Override
    public void timedOut(byte[] key) {
        // The watchdog closes the connection.
    }

    @Override
    public RedisUri.Server serverOf(byte[] key) {
        return server;
    }

    @Override
    public List<RedisUri.Server> primaries() {
        return List.of(server);
    }

    @Override
    public String nodeOf(int slot) {
        return address;
    }

    @Override
    public String addressOf(byte[] key) {
        return address;
    }

    @Override
    public CompletableFuture<?> refresh() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
