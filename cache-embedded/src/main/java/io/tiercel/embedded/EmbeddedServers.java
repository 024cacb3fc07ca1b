package io.tiercel.embedded;

import java.util.Optional;

/**
 * A Redis Cluster and, where there is one to be had, a memcached: what a demo or a benchmark needs. Safe for use by any
 * thread.
 */
public final class EmbeddedServers implements AutoCloseable {

    private final RedisCluster redis;
    private final Optional<Memcached> memcached;

    private EmbeddedServers(RedisCluster redis, Optional<Memcached> memcached) {
        this.redis = redis;
        this.memcached = memcached;
    }

    /**
     * Starts three masters without replicas, and a memcached of 64 MB.
     *
     * @throws ServerStartException when there is no Redis to be had, or one of the servers does not come up
     */
    public static EmbeddedServers start() {
        return start(RedisOptions.of(3, 0));
    }

    /**
     * Starts such a cluster, and a memcached of 64 MB.
     *
     * @throws ServerStartException when there is no Redis to be had, or one of the servers does not come up
     */
    public static EmbeddedServers start(RedisOptions options) {
        return start(options, MemcachedOptions.defaults());
    }

    /**
     * Starts such a cluster and such a memcached.
     *
     * @throws ServerStartException when there is no Redis to be had, or one of the servers does not come up
     */
    public static EmbeddedServers start(RedisOptions redis, MemcachedOptions memcached) {
        Optional<Memcached> started = Memcached.startIfAvailable(memcached);
        try {
            return new EmbeddedServers(RedisCluster.start(redis), started);
        } catch (RuntimeException e) {
            started.ifPresent(Memcached::close);
            throw e;
        }
    }

    /** The cluster. */
    public RedisCluster redis() {
        return redis;
    }

    /** The memcached; empty when there is none to be had, see {@link Memcached#howToGetIt}. */
    public Optional<Memcached> memcached() {
        return memcached;
    }

    /** A line for each server, for a person. */
    public String describe() {
        return redis.describe()
                + System.lineSeparator()
                + memcached.map(Memcached::describe).orElse("no memcached: " + Memcached.howToGetIt());
    }

    /** Ends both and deletes their files. Idempotent. */
    @Override
    public void close() {
        try {
            redis.close();
        } finally {
            memcached.ifPresent(Memcached::close);
        }
    }
}
