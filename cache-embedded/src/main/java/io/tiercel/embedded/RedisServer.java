package io.tiercel.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One Redis server on its own, no cluster. Safe for use by any thread. */
public final class RedisServer implements FaultableServer, AutoCloseable {

    private final Addresses addresses;
    private final ServerSource source;
    private final Lifecycle lifecycle;
    private final @Nullable Host host;

    private RedisServer(Addresses addresses, ServerSource source, Lifecycle lifecycle, @Nullable Host host) {
        this.addresses = addresses;
        this.source = source;
        this.lifecycle = lifecycle;
        this.host = host;
        Choice.tell(source);
    }

    /**
     * Starts a server without a password.
     *
     * @throws ServerStartException when there is no Redis to be had, or it does not come up
     */
    public static RedisServer start() {
        return start(RedisOptions.of(1, 0));
    }

    /**
     * Starts a server; of the options only the password, the memory limit and the configuration lines count. A
     * {@code TIERCEL_REDIS} is used when it names one server that is not in cluster mode, and passed over otherwise.
     *
     * @throws ServerStartException when there is no Redis to be had, or it does not come up
     */
    public static RedisServer start(RedisOptions options) {
        return start(options, Surroundings.ofThisJvm());
    }

    static RedisServer start(RedisOptions options, Surroundings surroundings) {
        Choice choice = new Choice(surroundings);
        if (choice.redis() instanceof Where.Given given && isStandalone(given)) {
            Address address = given.addresses().nodes().get(0);
            return new RedisServer(
                    given.addresses(), given.source(), new Lifecycle.Foreign(address, given.source()), null);
        }
        Where.Startable where = choice.redisToStart();
        return Starts.onFreePorts(where, 1, 1, (host, ports) -> {
            int port = ports.get(0);
            Addresses addresses = new Addresses(List.of(Address.loopback(port)), options.password());
            ServerProcess process = host.prepare(
                    "redis-" + port,
                    Map.of("redis.conf", RedisConfig.standalone(options, port, host.bindAddress())),
                    List.of("redis.conf"));
            RedisProbe probe = new RedisProbe(Address.loopback(port), options.password());
            Lifecycle.Owned lifecycle = new Lifecycle.Owned("redis-server " + port, process, probe::missing);
            lifecycle.start();
            Readiness.await(lifecycle.name(), probe::missing, Duration.ofSeconds(20), List.of(lifecycle));
            return new RedisServer(addresses, where.source(), lifecycle, host);
        });
    }

    private static boolean isStandalone(Where.Given given) {
        if (given.addresses().nodes().size() != 1) {
            return false;
        }
        Address address = given.addresses().nodes().get(0);
        try {
            return !new RedisProbe(address, given.addresses().password()).isClusterEnabled();
        } catch (IOException e) {
            throw new ServerStartException(given.source() + " does not answer: " + e.getMessage(), e);
        }
    }

    /** {@code redis://127.0.0.1:port}, with the password as {@code redis://:password@…} when there is one. */
    public String uri() {
        return addresses.uri();
    }

    /** The host that clients connect to. */
    public String host() {
        return addresses.nodes().get(0).host();
    }

    /** The port that clients connect to; it stays the same over a {@link #restart}. */
    public int port() {
        return addresses.nodes().get(0).port();
    }

    /** Which choice was taken. */
    public ServerSource source() {
        return source;
    }

    /** One line for a person, without the password. */
    public String describe() {
        return "Redis at " + addresses.withoutPassword() + ": " + source;
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

    /** Ends the server (SIGTERM, after 3 s SIGKILL) and deletes its files. Idempotent; one that the environment named is left alone. */
    @Override
    public void close() {
        if (host != null) {
            host.close();
        }
    }

    @Override
    public String toString() {
        return describe();
    }
}
