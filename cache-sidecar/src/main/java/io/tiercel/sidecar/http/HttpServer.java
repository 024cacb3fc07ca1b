package io.tiercel.sidecar.http;

import static java.util.Objects.requireNonNull;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.http.HttpConfig.Limits;
import io.tiercel.sidecar.http.HttpConfig.Listener;
import io.tiercel.sidecar.http.HttpConfig.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The two HTTP ports of a sidecar. Thread-safe. */
public final class HttpServer implements AutoCloseable {
    private static final int THREADS = 2;
    private static final long HANDSHAKE_MILLIS = 5_000;

    private final EventLoopGroup loops;
    private final ScheduledExecutorService files;
    private final Meters meters;
    private final List<Channel> listening = new ArrayList<>();

    private HttpServer(EventLoopGroup loops, ScheduledExecutorService files, Meters meters) {
        this.loops = loops;
        this.files = files;
        this.meters = meters;
    }

    /**
     * Opens both ports.
     *
     * @param fleet null if there is none
     * @param registry what {@code /metrics} shows; the sidecar's meters are added to it
     * @throws IOException if a port cannot be bound, or a file not be used; the message says which
     */
    public static HttpServer start(
            HttpConfig config,
            Controls controls,
            @Nullable FleetParts fleet,
            CacheBackend backend,
            PrometheusMeterRegistry registry)
            throws IOException {
        requireNonNull(controls, "controls");
        requireNonNull(backend, "backend");
        Tokens tokens = new Tokens(config.tokens());
        Tls tls = config.tls();
        SslContext open = tls == null ? null : context(tls, null);
        SslContext admin = tls == null ? null : context(tls, tls.clientAuthorities());
        Meters meters = new Meters(registry, backend, controls, fleet);
        List<Route> routes = Routes.all(config, controls, fleet, backend, meters);
        HttpServer server = new HttpServer(
                new MultiThreadIoEventLoopGroup(
                        THREADS, new DefaultThreadFactory("tiercel-http", true), NioIoHandler.newFactory()),
                Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("tiercel-http-files", true)),
                meters);
        try {
            Limits limits = config.limits();
            MutationLimit mutations = new MutationLimit(limits.mutationsPerSecond(), System::nanoTime);
            List<String> names = new ArrayList<>(config.allowedHosts());
            List<String> openNames = new ArrayList<>(names);
            openNames.add(config.readOnly().bind());
            List<String> adminNames = new ArrayList<>(names);
            adminNames.add(config.admin().bind());
            Gate openGate = new Gate(false, routes, new Hosts(openNames, true), tokens, mutations, limits);
            Gate adminGate = new Gate(true, routes, new Hosts(adminNames, false), tokens, mutations, limits);
            boolean certificates = tls != null && tls.clientAuthorities() != null;
            server.listen("http-port", config.readOnly(), new Clients(openGate, limits, open, false));
            server.listen("admin-port", config.admin(), new Clients(adminGate, limits, admin, certificates));
            if (tokens.required()) {
                long every = limits.tokenRefresh().toNanos();
                ScheduledFuture<?> unused =
                        server.files.scheduleWithFixedDelay(tokens::refresh, every, every, TimeUnit.NANOSECONDS);
            }
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static SslContext context(Tls tls, @Nullable Path clientAuthorities) throws IOException {
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(
                            tls.certificate().toFile(), tls.key().toFile())
                    .protocols("TLSv1.3", "TLSv1.2");
            if (clientAuthorities != null) {
                builder.trustManager(clientAuthorities.toFile()).clientAuth(ClientAuth.REQUIRE);
            }
            return builder.build();
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(
                    "The certificate " + tls.certificate() + ", its key " + tls.key()
                            + (clientAuthorities == null ? "" : " or the client authorities " + clientAuthorities)
                            + " cannot be used: they must be PEM files, the key without a password",
                    e);
        }
    }

    private void listen(String setting, Listener where, Clients clients) throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 128)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(clients)
                .bind(new InetSocketAddress(InetAddress.getByName(where.bind()), where.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    setting + ": cannot listen at " + where.bind() + ":" + where.port() + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        listening.add(bound.channel());
    }

    /** What is done with each connection to one port. */
    private static final class Clients extends ChannelInitializer<SocketChannel> {
        private final Gate gate;
        private final Limits limits;
        private final @Nullable SslContext tls;
        private final boolean certificates;
        private final AtomicInteger connected = new AtomicInteger();

        private Clients(Gate gate, Limits limits, @Nullable SslContext tls, boolean certificates) {
            this.gate = gate;
            this.limits = limits;
            this.tls = tls;
            this.certificates = certificates;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            int now = connected.incrementAndGet();
            ChannelFuture unused = channel.closeFuture().addListener(closed -> connected.decrementAndGet());
            if (now > limits.connections()) {
                ChannelFuture refused =
                        tls == null ? channel.writeAndFlush(Replies.full()) : channel.newSucceededFuture();
                unused = refused.addListener(ChannelFutureListener.CLOSE);
                return;
            }
            ChannelPipeline pipeline = channel.pipeline();
            if (tls != null) {
                SslHandler handler = tls.newHandler(channel.alloc());
                handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
                pipeline.addLast(handler);
            }
            Connection connection = new Connection(gate, limits, certificates);
            pipeline.addLast(connection.decoder(), new HttpResponseEncoder(), connection);
        }
    }

    /** The port for probes, metrics and the page. */
    public int readOnlyPort() {
        return ((InetSocketAddress) listening.get(0).localAddress()).getPort();
    }

    /** The port where changes can be made too. */
    public int adminPort() {
        return ((InetSocketAddress) listening.get(1).localAddress()).getPort();
    }

    /** Closes both ports and every connection. Not for an event loop. */
    @Override
    public void close() {
        files.shutdownNow();
        meters.close();
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
