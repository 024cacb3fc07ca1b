package io.tiercel.embedded;

import org.jspecify.annotations.Nullable;

/** One node of a {@link RedisCluster}. Safe for use by any thread. */
public final class RedisNode implements FaultableServer {

    private final Address address;
    private final @Nullable FaultProxy proxy;
    private final String nodeId;
    private final boolean master;
    private final Lifecycle lifecycle;

    RedisNode(Address address, @Nullable FaultProxy proxy, String nodeId, boolean master, Lifecycle lifecycle) {
        this.address = address;
        this.proxy = proxy;
        this.nodeId = nodeId;
        this.master = master;
        this.lifecycle = lifecycle;
    }

    /** The host that clients connect to; 127.0.0.1 unless the environment named another. */
    public String host() {
        return clientAddress().host();
    }

    /** The port that clients connect to, the proxy's if there is one; it stays the same over a {@link #restart}. */
    public int port() {
        return clientAddress().port();
    }

    /** The port that the server itself listens on: the way round the proxy, for whoever looks after it. */
    public int directPort() {
        return address.port();
    }

    /**
     * The bad network in front of this node.
     *
     * @throws IllegalStateException when the cluster was started without {@link RedisOptions#withProxies}
     */
    public FaultProxy proxy() {
        if (proxy == null) {
            throw new IllegalStateException(this + " has no proxy: start the cluster with RedisOptions.withProxies()");
        }
        return proxy;
    }

    /** The 40 hexadecimal digits by which the cluster knows this node; they stay the same over a {@link #restart}. */
    public String nodeId() {
        return nodeId;
    }

    /** Whether it was a master when the cluster was started; a failover does not change the answer. */
    public boolean isMaster() {
        return master;
    }

    @Override
    public void kill() {
        lifecycle.kill();
    }

    @Override
    public void pause() {
        lifecycle.pause();
    }

    @Override
    public void resume() {
        lifecycle.resume();
    }

    @Override
    public void restart() {
        lifecycle.restart();
    }

    @Override
    public boolean isAlive() {
        return lifecycle.isAlive();
    }

    @Override
    public long pid() {
        return lifecycle.pid();
    }

    Address address() {
        return address;
    }

    Address clientAddress() {
        return proxy == null ? address : new Address(proxy.host(), proxy.port());
    }

    void closeProxy() {
        if (proxy != null) {
            proxy.close();
        }
    }

    /** For example {@code master 127.0.0.1:20001}. */
    @Override
    public String toString() {
        return (master ? "master " : "replica ") + address;
    }
}
