package io.tiercel.cache.tier.redis;

import io.lettuce.core.api.StatefulConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The way to the servers while connected: one server, or the nodes of a cluster. */
sealed interface RedisLink extends AutoCloseable permits StandaloneLink, ClusterLink {
    /** Takes each command to the node of its key, also when that has moved. */
    StatefulConnection<byte[], byte[]> routed();

    /** Which node each key belongs to now. */
    List<Share> split(List<byte[]> keys);

    /** Told of each answer. */
    void answered(byte[] key);

    /** Told of each operation that ran into its timeout. */
    void timedOut(byte[] key);

    /** The primary of the key; null if none is known. */
    RedisUri.@Nullable Server serverOf(byte[] key);

    /** Where the primaries are, as far as is known. */
    List<RedisUri.Server> primaries();

    /** The id of the node that is asked for the keys of the slot; null if none is known. */
    @Nullable
    String nodeOf(int slot);

    /** Host and port of the node that is asked for the key; null if none is known. */
    @Nullable
    String addressOf(byte[] key);

    /** Asks the servers anew who serves what. */
    CompletableFuture<?> refresh();

    @Override
    void close();

    /**
     * What one node has to do in a bulk operation.
     *
     * @param connection to that node alone: it follows no redirect
     * @param elements positions in the bulk
     */
    record Share(CompletionStage<? extends StatefulConnection<byte[], byte[]>> connection, List<Integer> elements) {}
}
