package io.tiercel.cache.tier.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.AsyncCommand;
import io.netty.util.concurrent.Future;
import io.tiercel.cache.tier.ChangeFeed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream of one node: connect, listen, arm, ask again and again; lost at the first doubt, and begun anew. Each
 * connection has a number, and what was meant for an earlier one is not done.
 *
 * <p>Confined to the bus' thread, but for pushes, which come on the connection's event loop, and the accessors that read
 * one field.
 */
final class BusNode {
    private static final Logger log = LoggerFactory.getLogger(BusNode.class);
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LONGEST_PAUSE_MS = 1_000;

    private final EpochBus bus;
    private final RedisUri.Server server;
    private volatile ChangeFeed.State state = ChangeFeed.State.CONNECTING;
    private volatile long barrier = System.nanoTime();
    private final AtomicLong losses = new AtomicLong();

    private long connectionNumber;
    private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
    private Prefixes armed = Prefixes.NONE;
    private boolean arming;
    private boolean waiting;
    private @Nullable Future<?> nextHeartbeat;
    private @Nullable ClusterView view;
    private String id = "";
    private long pause = FIRST_PAUSE_MS;
    private boolean closed;
    private boolean refused;

    BusNode(EpochBus bus, RedisUri.Server server) {
        this.bus = bus;
        this.server = server;
    }

    RedisUri.Server server() {
        return server;
    }

    ChangeFeed.State state() {
        return state;
    }

    /** The moment until which every change is known. */
    long barrier() {
        return barrier;
    }

    long losses() {
        return losses.get();
    }

    long connectionNumber() {
        return connectionNumber;
    }

    /** By which the cluster knows the node, once it has said so; stays known when the stream is lost. */
    String id() {
        return id;
    }

    /** What the node said last, null while it is not listened to. */
    @Nullable
    ClusterView view() {
        return view;
    }

    boolean isClosed() {
        return closed;
    }

    void connect() {
        RedisClient client = bus.client();
        if (closed || client == null) {
            return;
        }
        long number = ++connectionNumber;
        Future<?> deadline = bus.schedule(() -> lose(number, "cannot connect in time"), bus.connectNanos());
        try {
            bus.begun(client.connectAsync(Commands.CODEC, bus.uri(server)).handle((connected, failure) -> {
                bus.execute(() -> {
                    deadline.cancel(false);
                    if (failure != null) {
                        lose(number, RedisFailures.unwrap(failure));
                    } else if (number == connectionNumber) {
                        take(number, connected);
                    } else {
                        discard(connected);
                    }
                });
                return null;
            }));
        } catch (RuntimeException e) {
            lose(number, e);
        }
    }

    /** To be called when the prefixes to be listened to may be others than before. */
    void arm() {
        StatefulRedisConnection<byte[], byte[]> current = connection;
        if (current == null || arming) {
            return; // it comes to that
        }
        long number = connectionNumber;
        Prefixes wanted = bus.prefixes();
        if (!armed.canGrowTo(wanted)) {
            lose(number, "a shorter prefix is wanted"); // Redis would refuse it on this connection
            return;
        }
        List<String> missing = armed.missingOf(wanted);
        if (missing.isEmpty()) {
            return;
        }
        arming = true;
        ask(current, number, Commands.trackPrefixes(missing), ok -> {
            arming = false;
            armed = armed.plus(missing);
            state = ChangeFeed.State.ARMED;
            arm();
            heartbeat(number);
        });
    }

    /** All changes until then are known. */
    void advance(long barrier) {
        this.barrier = barrier;
    }

    void close() {
        closed = true;
        drop();
    }

    private void take(long number, StatefulRedisConnection<byte[], byte[]> connected) {
        connection = connected;
        connected.addListener((PushMessage message) -> pushed(number, message));
        connected.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                bus.execute(() -> lose(number, "the connection was closed"));
            }
        });
        if (connected.isOpen()) {
            arm();
        } else {
            lose(number, "the connection was closed");
        }
    }

    private void heartbeat(long number) {
        StatefulRedisConnection<byte[], byte[]> current = connection;
        if (number != connectionNumber || current == null || waiting) {
            return;
        }
        stopHeartbeat();
        waiting = true;
        Prefixes told = armed;
        long sent = System.nanoTime();
        if (bus.isCluster()) {
            ask(current, number, Commands.clusterNodes(), nodes -> {
                answered(number, sent, told, ClusterView.parse(String.valueOf(nodes), server));
            });
        } else {
            ask(current, number, Commands.role(), role -> {
                answered(number, sent, told, ClusterView.ofSingle(server, !isMaster(role)));
            });
        }
    }

    private void answered(long number, long sent, Prefixes told, ClusterView said) {
        waiting = false;
        pause = FIRST_PAUSE_MS;
        refused = false;
        boolean news = !said.equals(view);
        view = said;
        id = said.myself();
        long left = bus.heartbeatNanos() - (System.nanoTime() - sent);
        nextHeartbeat = bus.schedule(() -> heartbeat(number), Math.max(left, 0));
        bus.heard(this, said, news, sent, told);
    }

    /** Everything that the node answers comes through here, so that nothing it fails to answer goes unnoticed. */
    private <T> void ask(
            StatefulRedisConnection<byte[], byte[]> current,
            long number,
            AsyncCommand<byte[], byte[], T> command,
            Consumer<@Nullable T> next) {
        Future<?> deadline = bus.schedule(() -> lose(number, "no answer in time"), bus.silenceNanos());
        var unused = command.whenComplete((answer, failure) -> bus.execute(() -> {
            deadline.cancel(false);
            if (number != connectionNumber) {
                return;
            }
            if (failure != null) {
                lose(number, RedisFailures.unwrap(failure));
                return;
            }
            try {
                next.accept(answer);
            } catch (RuntimeException e) {
                lose(number, e);
            }
        }));
        try {
            current.dispatch(command);
        } catch (RuntimeException e) {
            command.completeExceptionally(e);
        }
    }

    private void lose(long number, Throwable cause) {
        if (number == connectionNumber && cause instanceof RedisCommandExecutionException && !refused) {
            refused = true;
            log.warn("{}: {} does not tell of changes: {}", bus.name(), server, cause.getMessage());
        }
        lose(number, String.valueOf(cause.getMessage()));
    }

    private void lose(long number, String cause) {
        if (number != connectionNumber || closed) {
            return;
        }
        log.debug("{}: no stream of changes from {}: {}", bus.name(), server, cause);
        boolean wasArmed = state == ChangeFeed.State.ARMED;
        drop();
        if (wasArmed) {
            state = ChangeFeed.State.LOST;
            losses.incrementAndGet();
        }
        var unused = bus.schedule(this::connect, TimeUnit.MILLISECONDS.toNanos(bus.random(pause)));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
        bus.lost(this);
    }

    private void drop() {
        connectionNumber++;
        stopHeartbeat();
        waiting = false;
        arming = false;
        armed = Prefixes.NONE;
        view = null;
        StatefulRedisConnection<byte[], byte[]> last = connection;
        connection = null;
        if (last != null) {
            discard(last);
        }
    }

    private void stopHeartbeat() {
        Future<?> next = nextHeartbeat;
        nextHeartbeat = null;
        if (next != null) {
            next.cancel(false);
        }
    }

    /** On the event loop, in the order in which the node wrote it: before the answers to what was asked later. */
    private void pushed(long number, PushMessage message) {
        try {
            if (!message.getType().equals("invalidate")) {
                return;
            }
            List<Object> content = message.getContent(BusNode::bytes);
            if (content.size() > 1 && content.get(1) instanceof List<?> keys && !keys.isEmpty()) {
                keys.forEach(key -> bus.changed(this, (byte[]) key));
            } else {
                bus.execute(() -> bus.flushed(this)); // FLUSHALL, FLUSHDB
            }
        } catch (RuntimeException e) {
            bus.execute(() -> lose(number, e)); // something changed, and nobody knows what
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static boolean isMaster(@Nullable List<Object> role) {
        return role != null
                && !role.isEmpty()
                && role.get(0) instanceof byte[] name
                && new String(name, StandardCharsets.US_ASCII).equals("master");
    }

    private static void discard(StatefulRedisConnection<byte[], byte[]> connection) {
        var unused = connection.closeAsync(); // whether it says goodbye or not
    }
}
