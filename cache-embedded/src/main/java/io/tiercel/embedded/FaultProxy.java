package io.tiercel.embedded;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bad network in front of one server: clients connect to {@link #port} instead of to the server, and a test freezes,
 * delays, resets or refuses their connections. {@link #all} is for every client, {@link #client} for those of one name,
 * which Redis clients send with {@code CLIENT SETNAME} or {@code HELLO … SETNAME}; a connection suffers from both.
 *
 * <p>Replicas that reach their master through here are let through whatever happens: what is to fail is the network
 * between the clients and the servers. What a frozen connection was given is held, in the kernel's buffers and in at
 * most 256 KiB here, and forwarded when it thaws, as a network would that comes back; a connection that its client
 * closed while it was frozen stays open towards the server until then.
 *
 * <p>One daemon thread, at most 1,024 connections, further ones are refused. Safe for use by any thread; faults are in
 * force when the method that sets them returns.
 */
public final class FaultProxy implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(FaultProxy.class);
    private static final int MAX_CONNECTIONS = 1_024;
    private static final int MAX_NAMES = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Address server;
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final Faults all = new Faults(this, link -> true);
    private final Map<String, Faults> named = new ConcurrentHashMap<>();
    private final List<ProxyLink> links = new CopyOnWriteArrayList<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    private FaultProxy(Address server, int port) throws IOException {
        this.server = server;
        this.selector = Selector.open();
        this.listener = ServerSocketChannel.open();
        try {
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.bind(Address.loopback(port).toSocketAddress(), MAX_CONNECTIONS);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException e) {
            listener.close();
            selector.close();
            throw e;
        }
        this.thread = new Thread(this::run, "fault-proxy-" + port());
        thread.setDaemon(true);
    }

    /**
     * Starts a proxy on a free port of 127.0.0.1. The server need not run yet.
     *
     * @throws ServerStartException when no port can be bound
     */
    public static FaultProxy start(String host, int port) {
        return start(
                new Address(requireNonNull(host, "host"), port), Ports.free(1).get(0));
    }

    /** The message of a failure is the one that {@link Starts} knows as a clash of ports. */
    static FaultProxy start(Address server, int port) {
        try {
            FaultProxy proxy = new FaultProxy(server, port);
            proxy.thread.start();
            return proxy;
        } catch (IOException e) {
            throw new ServerStartException("no proxy on port " + port + ": " + e.getMessage(), e);
        }
    }

    /** Where it listens: {@code 127.0.0.1}. */
    public String host() {
        return "127.0.0.1";
    }

    /** The port that clients connect to. */
    public int port() {
        return listener.socket().getLocalPort();
    }

    /** {@code host:port} for clients. */
    public String address() {
        return host() + ":" + port();
    }

    /** What is done to every connection. */
    public Faults all() {
        return all;
    }

    /**
     * What is done to the connections, present and future, of the client with that name. Names that go on after it with
     * something other than a letter or digit are the same client's: {@code orders-bus} is {@code orders} too.
     *
     * @throws IllegalStateException when more than 256 names were asked for
     */
    public Faults client(String name) {
        requireNonNull(name, "name");
        Faults known = named.get(name);
        if (known != null) {
            return known;
        }
        if (named.size() >= MAX_NAMES) {
            throw new IllegalStateException("a proxy knows at most " + MAX_NAMES + " names");
        }
        return named.computeIfAbsent(name, n -> new Faults(this, link -> belongs(link.name(), n)));
    }

    /** How many connections there are. */
    public int connections() {
        return links.size();
    }

    /** Closes every connection and the port. Idempotent. */
    @Override
    public void close() {
        try {
            selector.close();
            listener.close();
            thread.join(PATIENCE.toMillis());
        } catch (IOException e) {
            log.debug("while closing the proxy of {}", server, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        links.forEach(ProxyLink::close);
    }

    @Override
    public String toString() {
        return "fault proxy " + address() + " of " + server;
    }

    Faults ofName(String name) {
        Faults exact = named.get(name);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, Faults> entry : named.entrySet()) {
            if (belongs(name, entry.getKey())) {
                return entry.getValue();
            }
        }
        return all;
    }

    private static boolean belongs(@Nullable String name, String client) {
        return name != null
                && name.startsWith(client)
                && (name.length() == client.length() || !Character.isLetterOrDigit(name.charAt(client.length())));
    }

    /** Drops the connections that match, both ends at once. */
    void reset(Predicate<ProxyLink> which) {
        onThread(() -> links.stream().filter(which).forEach(ProxyLink::reset));
    }

    /** Forwards nothing any more over the connections that match. */
    void abandon(Predicate<ProxyLink> which) {
        onThread(() -> links.stream().filter(which).forEach(ProxyLink::abandon));
    }

    /** Returns when the thread has seen every fault that was set before. */
    void settle() {
        onThread(() -> {});
    }

    private void onThread(Runnable task) {
        AtomicBoolean done = new AtomicBoolean();
        tasks.add(() -> {
            task.run();
            done.set(true);
        });
        selector.wakeup();
        while (!done.get() && thread.isAlive()) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
        }
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                turn();
            }
        } catch (ClosedSelectorException | CancelledKeyException e) {
            // That is how close() ends it, wherever it is.
        } catch (IOException e) {
            log.warn("The proxy of {} has ended", server, e);
        }
    }

    private void turn() throws IOException {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        long now = System.nanoTime();
        long wait = PATIENCE.toNanos();
        List<ProxyLink> gone = new ArrayList<>();
        for (ProxyLink link : links) {
            wait = Math.min(wait, link.step(now));
            if (!link.isOpen()) {
                gone.add(link);
            }
        }
        if (!gone.isEmpty()) {
            links.removeAll(gone);
        }
        selector.select(key -> ready(key), Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait)));
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else if (key.attachment() instanceof ProxyLink link) {
                link.ready(key);
            }
        } catch (CancelledKeyException e) {
            // Closed by what was ready before it.
        }
    }

    private void accept() {
        try {
            SocketChannel client = listener.accept();
            if (client == null) {
                return;
            }
            if (all.isRefusing() || links.size() >= MAX_CONNECTIONS) {
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
                client.close();
                return;
            }
            links.add(ProxyLink.open(this, client, server, selector));
        } catch (IOException e) {
            log.debug("a connection to the proxy of {} was not made", server, e);
        }
    }
}
