package io.tiercel.embedded;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One memcached. Safe for use by any thread. */
public final class Memcached implements FaultableServer, AutoCloseable {

    private static final int TIMEOUT_MILLIS = 2_000;

    private final Address address;
    private final ServerSource source;
    private final Lifecycle lifecycle;
    private final @Nullable Host host;

    private Memcached(Address address, ServerSource source, Lifecycle lifecycle, @Nullable Host host) {
        this.address = address;
        this.source = source;
        this.lifecycle = lifecycle;
        this.host = host;
        Choice.tell(source);
    }

    /**
     * Starts a memcached of 64 MB with items of up to 1 MiB.
     *
     * @throws ServerStartException when there is none to be had (the message holds {@link #howToGetIt}), or it does not
     *     come up
     */
    public static Memcached start() {
        return start(MemcachedOptions.defaults());
    }

    /**
     * Starts a memcached.
     *
     * @throws ServerStartException when there is none to be had (the message holds {@link #howToGetIt}), or it does not
     *     come up
     */
    public static Memcached start(MemcachedOptions options) {
        return start(options, Surroundings.ofThisJvm());
    }

    static Memcached start(MemcachedOptions options, Surroundings surroundings) {
        return start(options, new Choice(surroundings).memcached());
    }

    /**
     * Starts a memcached of 64 MB if there is one to be had.
     *
     * @throws ServerStartException when there is one, but it does not come up; when there is none, and
     *     {@code TIERCEL_REQUIRE_SERVERS=true} is in the environment
     */
    public static Optional<Memcached> startIfAvailable() {
        return startIfAvailable(MemcachedOptions.defaults());
    }

    /**
     * Starts a memcached if there is one to be had.
     *
     * @throws ServerStartException when there is one, but it does not come up; when there is none, and
     *     {@code TIERCEL_REQUIRE_SERVERS=true} is in the environment
     */
    public static Optional<Memcached> startIfAvailable(MemcachedOptions options) {
        return startIfAvailable(options, Surroundings.ofThisJvm());
    }

    static Optional<Memcached> startIfAvailable(MemcachedOptions options, Surroundings surroundings) {
        return Optional.ofNullable(new Choice(surroundings).memcachedIfAvailable())
                .map(where -> start(options, where));
    }

    /** What a user can do to have one: a sentence for the terminal. */
    public static String howToGetIt() {
        return Choice.HOW_TO_GET_MEMCACHED;
    }

    private static Memcached start(MemcachedOptions options, Where where) {
        return where instanceof Where.Startable startable ? started(options, startable) : given((Where.Given) where);
    }

    private static Memcached given(Where.Given given) {
        Address address = given.addresses().nodes().get(0);
        try {
            String missing = missing(address);
            if (missing != null) {
                throw new ServerStartException(given.source() + ": " + missing);
            }
        } catch (IOException e) {
            throw new ServerStartException(given.source() + " does not answer: " + e.getMessage(), e);
        }
        return new Memcached(address, given.source(), new Lifecycle.Foreign(address, given.source()), null);
    }

    private static Memcached started(MemcachedOptions options, Where.Startable where) {
        return Starts.onFreePorts(where, 1, 1, (host, ports) -> {
            Address address = Address.loopback(ports.get(0));
            ServerProcess process = host.prepare(
                    "memcached-" + address.port(), Map.of(), command(options, address.port(), host.bindAddress()));
            Lifecycle.Owned lifecycle =
                    new Lifecycle.Owned("memcached " + address.port(), process, () -> missing(address));
            lifecycle.start();
            Readiness.await(lifecycle.name(), () -> missing(address), Duration.ofSeconds(20), List.of(lifecycle));
            return new Memcached(address, where.source(), lifecycle, host);
        });
    }

    static List<String> command(MemcachedOptions options, int port, String bind) {
        return List.of(
                "-l",
                bind,
                "-p",
                Integer.toString(port),
                "-U",
                "0",
                "-m",
                Integer.toString(options.memoryMegabytes()),
                "-I",
                Integer.toString(options.maxItemBytes()),
                "-c",
                "1024",
                // It refuses to run as root unless told so, and ignores this for others. Not "nobody": a process that
                // gives up its user also loses the signal that it gets when this JVM dies.
                "-u",
                "root");
    }

    private static @Nullable String missing(Address address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(address.toSocketAddress(), TIMEOUT_MILLIS);
            socket.getOutputStream().write("version\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(8), StandardCharsets.US_ASCII);
            return answer.equals("VERSION ") ? null : address + " is no memcached: it answers '" + answer + "'";
        }
    }

    /** {@code host:port}; it stays the same over a {@link #restart}. */
    public String address() {
        return address.toString();
    }

    /** The host that clients connect to. */
    public String host() {
        return address.host();
    }

    /** The port that clients connect to; it stays the same over a {@link #restart}. */
    public int port() {
        return address.port();
    }

    /** Which choice was taken. */
    public ServerSource source() {
        return source;
    }

    /** One line for a person. */
    public String describe() {
        return "memcached at " + address + ": " + source;
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
