package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server of the Redis protocol, on a port and on a Unix socket. A connection belongs to one event loop, and so do the
 * connections to Redis that it uses.
 *
 * <p>Thread-safe.
 */
public final class RespServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RespServer.class);
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);
    private static final int BACKLOG = 1_024;
    private static final long HANDSHAKE_MS = 5_000;
    private static final long LOOK_MS = 100;
    private static final int SECONDS_TO_MOVE = 10;
    private static final long DRAIN_LOOK_MS = 2;
    private static final Duration CALM_UNTIL = Duration.ofMillis(300);

    private final Front front;
    private final MultiThreadIoEventLoopGroup group;
    private final boolean epoll;
    private final Map<EventLoop, FrontLoop> loops = new HashMap<>();
    private final List<Channel> listening = new ArrayList<>();
    private final Request none;
    private final Command noCommand;
    private @Nullable Path ownSocket;

    private RespServer(Front front, int threads) {
        this.front = front;
        this.epoll = Epoll.isAvailable();
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.group = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("tiercel-resp"), handlers);
        this.none = Request.none();
        this.noCommand = front.dispatcher().table().all().iterator().next();
        Class<? extends SocketChannel> channels = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        for (EventExecutor executor : group) {
            EventLoop eventLoop = (EventLoop) executor;
            FrontLoop loop = new FrontLoop(front, eventLoop, front.redis(), channels, threads);
            loops.put(eventLoop, loop);
            front.loops().add(loop);
        }
    }

    /**
     * Listens from now on.
     *
     * @param redis the users' keys; null for memory alone, and then {@code memory} is them
     * @param pod this process' name among its like
     * @param threads event loops, at least 1
     * @throws IOException if the port or the socket cannot be had; the message says which and why
     */
    public static RespServer start(
            FrontSettings settings,
            LiveSettings live,
            @Nullable RedisKeyspace redis,
            @Nullable MemoryKeyspace memory,
            long memoryBytes,
            String pod,
            String version,
            int threads)
            throws IOException {
        Front front = new Front(settings, live, redis, memory, memoryBytes, version);
        RespServer server = new RespServer(front, threads);
        try {
            server.listen(settings);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        FrontLoop first = front.loops().get(0);
        if (redis != null) {
            HotLists lists = new HotLists(first, pod, settings.warmUp());
            front.hotLists(lists);
            lists.start();
            var unused = first.eventLoop().scheduleWithFixedDelay(redis::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        }
        return server;
    }

    /** The cache as operators see it. */
    public CacheBackend backend() {
        return front.operations();
    }

    /**
     * Sets what tells among how many pods the rate limit of the fleet is divided while Redis cannot be asked; one until
     * then.
     *
     * @param pods asked by event loops, so it must return at once; the last that was known if it is not known now
     */
    public void fleetSize(IntSupplier pods) {
        front.fleetShare().pods(pods);
    }

    /** The port that it listens on. */
    public int port() {
        return front.port();
    }

    private void listen(FrontSettings settings) throws IOException {
        Channel channel = bind(
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class,
                new InetSocketAddress(settings.bind(), settings.port()),
                "resp-port " + settings.port() + " at bind " + settings.bind());
        front.port(((InetSocketAddress) channel.localAddress()).getPort());
        Path socket = settings.socket();
        if (socket != null) {
            removeOld(socket);
            SocketAddress address =
                    epoll ? new DomainSocketAddress(socket.toFile()) : UnixDomainSocketAddress.of(socket);
            bind(
                    epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class,
                    address,
                    "socket " + socket);
            ownSocket = socket;
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
        }
    }

    /** What a sidecar that died left behind, but nothing else that has that name. */
    private static void removeOld(Path socket) throws IOException {
        if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther()) {
                throw new IOException(
                        "socket " + socket + " cannot be had: there is a file of that name that is no socket");
            }
            Files.delete(socket);
        }
    }

    private Channel bind(Class<? extends ServerChannel> type, SocketAddress address, String what) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(type)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                });
        if (address instanceof InetSocketAddress) {
            bootstrap.option(ChannelOption.SO_BACKLOG, BACKLOG).option(ChannelOption.SO_REUSEADDR, true);
            bootstrap.childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
        }
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(what + " cannot be had: " + bound.cause().getMessage(), bound.cause());
        }
        listening.add(bound.channel());
        return bound.channel();
    }

    private void accept(Channel channel) {
        Gauges gauges = front.gauges();
        gauges.connectionsOpened.increment();
        FrontLoop loop = loops.get(channel.eventLoop());
        boolean full = gauges.connections.incrementAndGet() > front.settings().maxConnections();
        if (full || front.isDraining() || loop == null) {
            gauges.connections.decrementAndGet();
            gauges.connectionsRefused.increment();
            ByteBuf refusal = Unpooled.buffer();
            Reply.error(refusal, full ? "ERR max number of clients reached" : "ERR the sidecar is going away");
            var unused = channel.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        SslContext tls = front.settings().tls();
        if (tls != null && channel.remoteAddress() instanceof InetSocketAddress) {
            SslHandler handler = tls.newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(HANDSHAKE_MS);
            channel.pipeline().addLast(handler);
        }
        channel.pipeline().addLast(new ClientConnection(loop, channel, front.nextId(), none, noCommand));
    }

    // ---- the end

    /** Tells the clients that asked for it that they should go elsewhere; they are served as before. */
    public void tellToMove() {
        for (FrontLoop loop : front.loops()) {
            loop.eventLoop().execute(() -> loop.connections().forEach(this::tellToMove));
        }
    }

    /**
     * Says whether this pod is about to leave, and writes its list of hot keys now, for those that take over.
     *
     * @return completes normally when that is done or cannot be
     */
    public CompletionStage<Void> leaving(boolean leaving) {
        HotLists lists = front.hotLists();
        return lists == null ? CompletableFuture.completedFuture(null) : lists.leaving(leaving);
    }

    /**
     * Sets who is told when another pod of the fleet is about to leave.
     *
     * @param onLeaving given its name, on an event loop; says whether that is seen to, else it is told again later
     */
    public void onLeaving(Predicate<String> onLeaving) {
        HotLists lists = front.hotLists();
        if (lists != null) {
            lists.onLeaving(onLeaving);
        }
    }

    /** Sets who chooses another pod to read memory from; it gives null when there is none. */
    public void peers(Supplier<@Nullable Peer> peers) {
        front.peers(peers);
    }

    /** Sets what says how many pods of the fleet warm up now, this one included: by so many the rate is divided. */
    public void warming(IntSupplier warming) {
        front.warming(warming);
    }

    /**
     * Lets its clients go: takes no new ones, tells those that asked for it where to go, answers whatever has been received
     * and closes each connection at a moment when nothing of it is under way.
     *
     * @param grace how long clients that were told may take to leave by themselves
     * @param limit after this what is still open is cut off
     * @return completes when no connection is left
     */
    public CompletionStage<Void> drain(Duration grace, Duration limit) {
        front.draining(true);
        listening.forEach(channel -> {
            var unused = channel.close();
        });
        CompletableFuture<?>[] all = front.loops().stream()
                .map(loop -> {
                    CompletableFuture<Void> done = new CompletableFuture<>();
                    long now = System.nanoTime();
                    Drain drain =
                            new Drain(now + CALM_UNTIL.toNanos(), now + grace.toNanos(), now + limit.toNanos(), done);
                    loop.eventLoop().execute(() -> {
                        loop.connections().forEach(this::tellToMove);
                        // Not at once: what has arrived by now is read first.
                        later(loop, drain);
                    });
                    return done;
                })
                .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(all);
    }

    private void tellToMove(ClientConnection connection) {
        Session session = connection.session();
        if (!session.wantsMaintenance() || !session.isResp3()) {
            return;
        }
        String endpoint = front.settings().movingEndpoint();
        String where = endpoint.isEmpty() ? FrontLoop.text(connection.channel().localAddress()) : endpoint;
        connection.push(Replies.of(out -> {
            Reply.push(out, session.protocol(), 4);
            Reply.bulk(out, "MOVING");
            Reply.integer(out, 1);
            Reply.integer(out, SECONDS_TO_MOVE);
            Reply.bulk(out, where.getBytes(UTF_8));
        }));
    }

    /**
     * How clients are let go.
     *
     * @param calmEnd until then only those from which nothing has come lately: more of it may lie in the socket
     * @param graceEnd until then only at a moment when nothing of them is under way, and none that was told to move; from
     *     then on nothing more is read from any
     * @param end when the others are cut off
     */
    private record Drain(long calmEnd, long graceEnd, long end, CompletableFuture<Void> done) {}

    private void later(FrontLoop loop, Drain drain) {
        var unused = loop.eventLoop().schedule(() -> drain(loop, drain), DRAIN_LOOK_MS, TimeUnit.MILLISECONDS);
    }

    private void drain(FrontLoop loop, Drain drain) {
        long now = System.nanoTime();
        for (ClientConnection connection : loop.connections()) {
            boolean told = connection.session().wantsMaintenance()
                    && connection.session().isResp3();
            boolean calm = now - drain.calmEnd() >= 0 || connection.isCalm(now);
            if (now - drain.end() >= 0) {
                var unused = connection.channel().close();
            } else if (now - drain.graceEnd() >= 0 || (connection.isQuiet() && calm && !told)) {
                connection.closeWhenAnswered();
            }
        }
        if (loop.connections().isEmpty()) {
            drain.done().complete(null);
        } else {
            later(loop, drain);
        }
    }

    @Override
    public void close() {
        HotLists lists = front.hotLists();
        if (lists != null) {
            lists.close();
        }
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        for (FrontLoop loop : front.loops()) {
            loop.eventLoop()
                    .submit(() -> {
                        loop.connections().forEach(connection -> {
                            var unused = connection.channel().close();
                        });
                        loop.close();
                    })
                    .awaitUninterruptibly(1, TimeUnit.SECONDS);
        }
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        Path socket = ownSocket;
        if (socket != null) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                log.warn("cannot remove {}: {}", socket, e.getMessage());
            }
        }
    }
}
