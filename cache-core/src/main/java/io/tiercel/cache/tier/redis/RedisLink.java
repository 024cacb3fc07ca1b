package io.tiercel.cache.tier.redis;

import io.lettuce.core.api.StatefulConnection;
import java.util.List;
import java.util.concurrent.CompletionStage;

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
