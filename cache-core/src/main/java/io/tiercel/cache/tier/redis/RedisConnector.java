package io.tiercel.cache.tier.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Finds out what the servers are and connects to them; blocks the caller meanwhile. */
record RedisConnector(RedisConfig config, LettuceRuntime runtime) {
    /**
     * @throws TierException if no server answers, or one refuses the credentials or has no certificate to trust
     * @throws IllegalArgumentException if the settings don't fit the servers
     */
    RedisLink connect() {
        RedisException last = null;
        for (RedisUri.Server server : config.servers()) {
            try {
                return connect(server);
            } catch (RedisException e) {
                String refusal = RedisFailures.refusal(e);
                if (refusal != null) {
                    throw new TierException(
                            config.name() + ": " + server + " refused the credentials, see the options username and"
                                    + " password: " + refusal,
                            e);
                }
                String objection = RedisFailures.tlsObjection(e);
                if (objection != null) {
                    throw new TierException(
                            config.name() + ": " + server
                                    + " was not accepted as a TLS server, see the options trustStore,"
                                    + " verifyPeer and tls: " + objection,
                            e);
                }
                last = e;
            }
        }
        throw unreachable(last);
    }

    private RedisLink connect(RedisUri.Server server) {
        boolean cluster = isCluster(server);
        if (cluster && config.mode() != RedisConfig.Mode.STANDALONE) {
            if (config.database() > 0) {
                throw new IllegalArgumentException(
                        "database must be 0 with Redis Cluster, which has no other: " + config.database());
            }
            return cluster();
        }
        if (config.mode() == RedisConfig.Mode.CLUSTER) {
            throw new IllegalArgumentException(
                    "mode is CLUSTER, but " + server + " is a single server: AUTO finds out");
        }
        return standalone(server);
    }

    private boolean isCluster(RedisUri.Server server) {
        RedisClient client = RedisClient.create(runtime.resources(), runtime.uri(server, 0));
        try {
            client.setOptions(runtime.standalone());
            return isCluster(client.connect(Commands.CODEC));
        } finally {
            shutdown(client);
        }
    }

    private static boolean isCluster(StatefulRedisConnection<byte[], byte[]> connection) {
        try {
            return connection.sync().info("cluster").contains("cluster_enabled:1");
        } catch (RedisCommandExecutionException e) {
            return answersClusterInfo(connection); // INFO may be forbidden
        }
    }

    private static boolean answersClusterInfo(StatefulRedisConnection<byte[], byte[]> connection) {
        try {
            return connection.sync().clusterInfo().contains("cluster_state");
        } catch (RedisCommandExecutionException e) {
            return false;
        }
    }

    private RedisLink standalone(RedisUri.Server server) {
        RedisClient client = RedisClient.create(runtime.resources(), runtime.uri(server, config.database()));
        client.setOptions(runtime.standalone());
        try {
            return new StandaloneLink(server, client, client.connect(Commands.CODEC));
        } catch (RuntimeException e) {
            shutdown(client);
            throw e;
        }
    }

    private RedisLink cluster() {
        List<RedisURI> seeds =
                config.servers().stream().map(server -> runtime.uri(server, 0)).toList();
        RedisClusterClient client = RedisClusterClient.create(runtime.resources(), seeds);
        client.setOptions(runtime.cluster());
        try {
            ClusterLink link = new ClusterLink(client, client.connect(Commands.CODEC));
            awaitNodes(link);
            return link;
        } catch (RuntimeException e) {
            shutdown(client);
            throw e;
        }
    }

    private void awaitNodes(ClusterLink link) {
        try {
            link.openAll().get(runtime.ownCommandTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // The others serve, and this one is tried again with each command for it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TierException unreachable(@Nullable RedisException last) {
        return new TierException(
                config.name() + ": none of " + config.servers() + " answers. Check the address and that the server runs"
                        + (config.tls() ? " with TLS" : "")
                        + "; startWithoutServer(true) starts nevertheless and connects later",
                last);
    }

    private static void shutdown(AbstractRedisClient client) {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
