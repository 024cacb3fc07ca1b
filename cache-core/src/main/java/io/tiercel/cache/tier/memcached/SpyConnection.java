package io.tiercel.cache.tier.memcached;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.TierException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import net.spy.memcached.ConnectionFactory;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.DefaultHashAlgorithm;
import net.spy.memcached.FailureMode;
import net.spy.memcached.MemcachedConnection;
import net.spy.memcached.MemcachedNode;
import net.spy.memcached.OperationFactory;
import net.spy.memcached.ops.Operation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * spymemcached's connections to all servers and their one IO thread. The client class above them is not used: its
 * futures need an executor for listeners and never time out.
 *
 * <p>spymemcached sends what it was writing when a connection broke once more on the next one, but does not expect an
 * answer to that, so that all answers after it go to the wrong questions. Here a lost connection takes everything with
 * it that was under way.
 */
final class SpyConnection extends MemcachedConnection {
    private static final Logger log = LoggerFactory.getLogger(SpyConnection.class);
    private static final long SLOW_CONNECT_NANOS = Duration.ofSeconds(2).toNanos();

    private final OperationFactory operations;
    private final IdentityHashMap<SocketChannel, Long> connectingSince = new IdentityHashMap<>();
    /** Written out once; never changed once it is made. */
    private final IdentityHashMap<MemcachedNode, String> addresses = new IdentityHashMap<>();

    /** Spares the hash of the key where it makes no difference. */
    private final @Nullable String onlyAddress;

    /** The superclass starts the thread before this object is made. */
    private volatile boolean ready;

    private SpyConnection(ConnectionFactory factory, List<InetSocketAddress> servers) throws IOException {
        super(
                factory.getReadBufSize(),
                factory,
                servers,
                factory.getInitialObservers(),
                factory.getFailureMode(),
                factory.getOperationFactory());
        this.operations = factory.getOperationFactory();
        for (MemcachedNode node : getLocator().getAll()) {
            addresses.put(node, address(node));
        }
        this.onlyAddress = addresses.size() == 1 ? addresses.values().iterator().next() : null;
        this.ready = true;
    }

    static SpyConnection open(MemcachedConfig config) {
        if (System.getProperty("net.spy.log.LoggerImpl") == null) {
            System.setProperty("net.spy.log.LoggerImpl", "net.spy.memcached.compat.log.SLF4JLogger");
        }
        List<InetSocketAddress> servers = new ArrayList<>();
        for (String server : config.servers()) {
            var address = MemcachedConfig.Address.parse(server);
            InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
            if (resolved.isUnresolved()) {
                throw new TierException(
                        config.name() + ": cannot resolve " + address.host() + ", see the option servers");
            }
            servers.add(resolved);
        }
        try {
            SpyConnection connection = new SpyConnection(factory(config), servers);
            connection.setName("tiercel-" + config.name() + "-io");
            return connection;
        } catch (IOException e) {
            throw new TierException(config.name() + ": cannot open a socket: " + e.getMessage(), e);
        }
    }

    private static ConnectionFactory factory(MemcachedConfig config) {
        int size = config.queueSize();
        return new ConnectionFactoryBuilder()
                .setProtocol(ConnectionFactoryBuilder.Protocol.BINARY)
                .setLocatorType(ConnectionFactoryBuilder.Locator.CONSISTENT)
                .setHashAlg(DefaultHashAlgorithm.KETAMA_HASH)
                .setFailureMode(FailureMode.Cancel)
                .setOpTimeout(config.timeout().toMillis())
                .setTimeoutExceptionThreshold(20)
                .setMaxReconnectDelay(config.maxReconnectDelay().toSeconds())
                .setOpQueueMaxBlockTime(0)
                .setOpQueueFactory(() -> new ArrayBlockingQueue<>(size))
                .setWriteOpQueueFactory(() -> new ArrayBlockingQueue<>(size))
                .setReadOpQueueFactory(() -> new SoftlyBounded(size))
                .setUseNagleAlgorithm(false)
                .setShouldOptimize(false)
                .setDaemon(true)
                .build();
    }

    OperationFactory operations() {
        return operations;
    }

    MemcachedNode nodeOf(String key) {
        return getLocator().getPrimary(key);
    }

    /** Host and port of the server that has the key. */
    String addressOf(String key) {
        return onlyAddress != null ? onlyAddress : requireNonNull(addresses.get(nodeOf(key)));
    }

    private static String address(MemcachedNode node) {
        if (!(node.getSocketAddress() instanceof InetSocketAddress address)) {
            return String.valueOf(node.getSocketAddress());
        }
        String host = address.getHostString();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** @throws IllegalStateException if the queue is full or this is closed */
    void submit(MemcachedNode node, Operation operation) {
        checkState();
        if (node.isActive()) {
            addOperation(node, operation);
        } else {
            operation.cancel();
        }
    }

    /** On the IO thread. */
    @Override
    protected void queueReconnect(MemcachedNode node) {
        while (node.hasWriteOp()) {
            node.removeCurrentWriteOp().cancel();
        }
        while (node.hasReadOp()) {
            node.removeCurrentReadOp().cancel();
        }
        super.queueReconnect(node);
    }

    /** A round of the IO thread, at least once a second. */
    @Override
    public void handleIO() throws IOException {
        super.handleIO();
        if (ready && !isShutDown()) {
            giveUpSlowConnects();
        }
    }

    /** The system would try for two minutes, less and less often, and come late to a server that is back. */
    private void giveUpSlowConnects() {
        for (MemcachedNode node : getLocator().getAll()) {
            SocketChannel channel = node.getChannel();
            if (channel == null || !channel.isConnectionPending()) {
                continue;
            }
            long now = System.nanoTime();
            long since = connectingSince.computeIfAbsent(channel, c -> now);
            if (now - since > SLOW_CONNECT_NANOS) {
                queueReconnect(node);
            }
        }
        connectingSince.keySet().removeIf(channel -> !channel.isConnectionPending());
    }

    /** An error in one answer must not end the only thread. */
    @Override
    public void run() {
        while (running) {
            try {
                super.run();
            } catch (RuntimeException | AssertionError e) {
                log.warn("error while handling memcached IO", e);
            }
        }
    }

    /**
     * spymemcached looks at the room that is left only before it fills a buffer with many operations, and loses its
     * place in the stream when the queue then refuses one.
     */
    private static final class SoftlyBounded extends LinkedBlockingQueue<Operation> {
        private static final long serialVersionUID = 1L;

        private final int limit;

        SoftlyBounded(int limit) {
            this.limit = limit;
        }

        @Override
        public int remainingCapacity() {
            return Math.max(0, limit - size());
        }
    }
}
