package io.tiercel.sidecar.front;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RateBucket;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the connections of one event loop share. Confined to that loop. */
final class FrontLoop {
    private static final long LOOK_MS = 20;
    private static final long WORTH_IT = 64 << 10;

    private final Front front;
    private final EventLoop eventLoop;
    private final @Nullable LoopKeyspace keyspace;
    private final Gate gate;
    private final @Nullable FleetLimiter fleetLimiter;
    private final Set<ClientConnection> connections = new LinkedHashSet<>();
    private final ArrayDeque<ClientConnection> soon = new ArrayDeque<>();
    private long relievedInVain = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(LOOK_MS);

    FrontLoop(
            Front front,
            EventLoop eventLoop,
            @Nullable RedisKeyspace redis,
            Class<? extends SocketChannel> channels,
            int loops) {
        this.front = front;
        this.eventLoop = eventLoop;
        LoopKeyspace own = redis == null ? null : redis.on(eventLoop, channels);
        this.keyspace = own;
        this.gate = new Gate(
                Math.max(1, front.settings().maxInFlight() / loops),
                front.settings().maxInFlightBytes() / 2 / loops,
                own == null ? () -> 0 : own::inFlight,
                own == null ? () -> 0 : own::bytesInFlight,
                front.live()::queue,
                front.gauges(),
                loops);
        if (own != null) {
            own.whenAnswered(gate::answered);
        }
        this.fleetLimiter = own == null ? null : fleetLimiter(front, own, loops);
        var unused = eventLoop.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    private static FleetLimiter fleetLimiter(Front front, LoopKeyspace own, int loops) {
        RateBucket bucket = own.shared().rateBucket();
        return new FleetLimiter(
                (settings, wanted, returned, answer) -> bucket.ask(own, settings, wanted, returned, answer),
                front.fleetShare(),
                front.live().rate(),
                loops,
                front.settings().redisTimeout(),
                System::nanoTime);
    }

    Front front() {
        return front;
    }

    /**
     * Takes a token for a command of the connection.
     *
     * @param rate the limit, above 0
     * @return as {@link FleetLimiter#take}
     */
    long takeToken(RateSettings rate, ClientConnection connection, long now) {
        FleetLimiter fleet = fleetLimiter;
        return switch (rate.per()) {
            case POD -> front.rateLimiter().take(rate, now);
            case CLIENT -> front.clientBuckets().of(connection.address()).take(rate, now);
            case FLEET -> fleet == null ? front.rateLimiter().take(rate, now) : fleet.take(rate, connection, now);
        };
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    /** Null without Redis. */
    @Nullable
    LoopKeyspace keyspace() {
        return keyspace;
    }

    /** Where there is Redis. */
    LoopKeyspace redis() {
        LoopKeyspace own = keyspace;
        if (own == null) {
            throw new IllegalStateException("there is no Redis");
        }
        return own;
    }

    Gate gate() {
        return gate;
    }

    void add(ClientConnection connection) {
        connections.add(connection);
    }

    void remove(ClientConnection connection) {
        if (connections.remove(connection)) {
            front.gauges().connections.decrementAndGet();
        }
        FleetLimiter fleet = fleetLimiter;
        if (fleet != null) {
            fleet.leave(connection);
        }
    }

    /** A copy. */
    List<ClientConnection> connections() {
        return List.copyOf(connections);
    }

    /** Lets the connection go on when all that is being read from Redis has been handed out: then it writes once. */
    void soon(ClientConnection connection) {
        soon.add(connection);
        if (soon.size() == 1) {
            eventLoop.execute(this::continueAll);
        }
    }

    private void continueAll() {
        int count = soon.size();
        for (int i = 0; i < count; i++) {
            soon.element().continueSoon();
            soon.remove();
        }
        if (!soon.isEmpty()) {
            eventLoop.execute(this::continueAll);
        }
    }

    /**
     * When all clients together hold too much, who holds the most goes, and so on until it is not too much any more. So
     * who sends halves of requests, or does not read, harms himself and not those who wait for a small reply.
     */
    void relieve() {
        Gauges gauges = front.gauges();
        long most = front.settings().maxInFlightBytes();
        long now = System.nanoTime();
        if (gauges.heldBytes.get() + gauges.unreadBytes.get() <= most || now - relievedInVain < LOOK_MS * 1_000_000) {
            return;
        }
        while (gauges.heldBytes.get() + gauges.unreadBytes.get() > most) {
            ClientConnection heaviest = null;
            for (ClientConnection one : connections) {
                if (heaviest == null || one.weight() > heaviest.weight()) {
                    heaviest = one;
                }
            }
            if (heaviest == null || heaviest.weight() < WORTH_IT) {
                relievedInVain = now;
                // Then they are on other loops, where nothing need happen that would make them look.
                for (FrontLoop other : front.loops()) {
                    if (other != this) {
                        other.eventLoop.execute(other::relieve);
                    }
                }
                return;
            }
            heaviest.giveWay();
        }
    }

    void sendAll(ClientConnection connection) {
        LoopKeyspace own = keyspace;
        if (own != null) {
            own.flush(connection.outbox(), connection.session().isResp3());
        }
    }

    private void look() {
        long now = System.nanoTime();
        gate.look(now);
        FleetLimiter fleet = fleetLimiter;
        if (fleet != null) {
            fleet.look(now);
        }
        connections().forEach(connection -> connection.look(now));
    }

    void close() {
        FleetLimiter fleet = fleetLimiter;
        if (fleet != null) {
            fleet.close();
        }
        LoopKeyspace own = keyspace;
        if (own != null) {
            own.close();
        }
    }

    /** An address as Redis writes it: {@code host:port}, or a Unix socket's path and {@code :0}. */
    static String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            String host = inet.getAddress() == null
                    ? inet.getHostString()
                    : inet.getAddress().getHostAddress();
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
        }
        return "unix:0";
    }
}
