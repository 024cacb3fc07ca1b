package io.tiercel.embedded;

/** One node of a {@link RedisCluster}. Safe for use by any thread. */
public final class RedisNode implements FaultableServer {

    private final Address address;
    private final String nodeId;
    private final boolean master;
    private final Lifecycle lifecycle;

    RedisNode(Address address, String nodeId, boolean master, Lifecycle lifecycle) {
        this.address = address;
        this.nodeId = nodeId;
        this.master = master;
        this.lifecycle = lifecycle;
    }

    /** The host that clients connect to; 127.0.0.1 unless the environment named another. */
    public String host() {
        return address.host();
    }

    /** The port that clients connect to; it stays the same over a {@link #restart}. */
    public int port() {
        return address.port();
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

    /** For example {@code master 127.0.0.1:20001}. */
    @Override
    public String toString() {
        return (master ? "master " : "replica ") + address;
    }
}
