package io.tiercel.embedded;

import io.tiercel.embedded.Faults.Direction;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection through a {@link FaultProxy}: two sockets and a pipe each way. Used by the proxy's thread alone. */
final class ProxyLink {

    private final FaultProxy proxy;
    private final SocketChannel client;
    private final SocketChannel server;
    private final SelectionKey clientKey;
    private final SelectionKey serverKey;
    private final ProxyPipe toServer;
    private final ProxyPipe toClient;
    private final Introduction introduction = new Introduction();
    private Faults own;
    private boolean abandoned;

    private ProxyLink(FaultProxy proxy, SocketChannel client, SocketChannel server, Selector selector)
            throws IOException {
        this.proxy = proxy;
        this.client = client;
        this.server = server;
        this.own = proxy.all();
        this.toServer = new ProxyPipe(client, server);
        this.toClient = new ProxyPipe(server, client);
        this.clientKey = client.register(selector, 0, this);
        this.serverKey = server.register(selector, SelectionKey.OP_CONNECT, this);
    }

    static ProxyLink open(FaultProxy proxy, SocketChannel client, Address address, Selector selector)
            throws IOException {
        SocketChannel server = SocketChannel.open();
        try {
            for (SocketChannel channel : new SocketChannel[] {client, server}) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            server.connect(address.toSocketAddress());
            return new ProxyLink(proxy, client, server, selector);
        } catch (IOException | RuntimeException e) {
            client.close();
            server.close();
            throw e;
        }
    }

    /** The name that the client gave itself, or null. */
    @Nullable
    String name() {
        return introduction.name();
    }

    boolean isOpen() {
        return client.isOpen() && server.isOpen();
    }

    void ready(SelectionKey key) {
        try {
            if (key.isConnectable()) {
                server.finishConnect();
            } else if (key.isReadable()) {
                read(key.equals(clientKey));
            }
            // What can be written is written in the next step.
        } catch (IOException e) {
            reset();
        }
    }

    private void read(boolean fromClient) throws IOException {
        if (!fromClient) {
            toClient.read(null);
            return;
        }
        boolean known = introduction.isOver();
        toServer.read(introduction);
        String name = introduction.name();
        if (!known && name != null) {
            own = proxy.ofName(name);
            if (own.isRefusing()) {
                reset();
            }
        }
    }

    /** Forwards what is due, and returns in how many nanoseconds more may be. */
    long step(long now) {
        if (!isOpen() || !server.isConnected()) {
            return Long.MAX_VALUE;
        }
        try {
            findOwn();
            long next =
                    Math.min(forward(toServer, Direction.TO_SERVER, now), forward(toClient, Direction.TO_CLIENT, now));
            if (toServer.isOver() && toClient.isOver()) {
                close();
                return Long.MAX_VALUE;
            }
            clientKey.interestOps(interest(Direction.TO_SERVER, toServer, Direction.TO_CLIENT, toClient));
            serverKey.interestOps(interest(Direction.TO_CLIENT, toClient, Direction.TO_SERVER, toServer));
            return next;
        } catch (IOException e) {
            reset();
            return Long.MAX_VALUE;
        }
    }

    /** A test may ask for the client after it has connected. */
    private void findOwn() {
        String name = introduction.name();
        if (name != null && own == proxy.all()) {
            own = proxy.ofName(name);
        }
    }

    private long forward(ProxyPipe pipe, Direction direction, long now) throws IOException {
        if (isFrozen(direction)) {
            return Long.MAX_VALUE;
        }
        long delay = introduction.isReplica() ? 0 : proxy.all().delayNanos(direction);
        if (own != proxy.all()) {
            delay += own.delayNanos(direction);
        }
        return pipe.forward(now, delay);
    }

    private int interest(Direction in, ProxyPipe reads, Direction out, ProxyPipe writes) {
        int read = !isFrozen(in) && reads.hasRoom() ? SelectionKey.OP_READ : 0;
        int write = !isFrozen(out) && writes.isBlocked() ? SelectionKey.OP_WRITE : 0;
        return read | write;
    }

    private boolean isFrozen(Direction direction) {
        return !introduction.isReplica() && (abandoned || proxy.all().isFrozen(direction) || own.isFrozen(direction));
    }

    void abandon() {
        abandoned = true;
    }

    void reset() {
        for (SocketChannel channel : new SocketChannel[] {client, server}) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                // Closed by its peer already: all the better.
            }
        }
        close();
    }

    void close() {
        for (SocketChannel channel : new SocketChannel[] {client, server}) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nobody is left to use it.
            }
        }
    }
}
