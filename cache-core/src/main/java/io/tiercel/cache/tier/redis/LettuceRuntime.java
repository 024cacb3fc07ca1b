package io.tiercel.cache.tier.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.TrustManagerFactory;

/**
 * The threads of one tier and the settings of its Lettuce clients.
 *
 * <p>Lettuce's own defaults would let a call wait for a minute, queue commands without a bound, send old writes once
 * more after a reconnect, and never look for a new primary on their own.
 */
final class LettuceRuntime implements AutoCloseable {
    private static final int IO_THREADS = 2;
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(5);

    private final RedisConfig config;
    private final HashedWheelTimer timer;
    private final ClientResources resources;

    /** @param channelHook sees each new channel, for tests that count */
    LettuceRuntime(RedisConfig config, Consumer<Channel> channelHook) {
        this.config = config;
        String prefix = "tiercel-" + config.name();
        // The default tick of 100 ms would let a timeout of 200 ms take 290.
        this.timer =
                new HashedWheelTimer(new DefaultThreadFactory(prefix + "-timer", true), 10, TimeUnit.MILLISECONDS, 512);
        this.resources = ClientResources.builder()
                .ioThreadPoolSize(IO_THREADS)
                .computationThreadPoolSize(IO_THREADS)
                .threadFactoryProvider(pool -> new DefaultThreadFactory(prefix + "-" + pool, true))
                .timer(timer)
                .reconnectDelay(
                        () -> Delay.fullJitter(Duration.ofMillis(20), Duration.ofSeconds(1), 20, TimeUnit.MILLISECONDS))
                .nettyCustomizer(new NettyCustomizer() {
                    @Override
                    public void afterChannelInitialized(Channel channel) {
                        channel.pipeline().addFirst(new SilenceWatchdog(longestSilence()));
                        channelHook.accept(channel);
                    }
                })
                .build();
    }

    ClientResources resources() {
        return resources;
    }

    HashedWheelTimer timer() {
        return timer;
    }

    /** One of the client's threads that are not for input and output. */
    EventExecutor executor() {
        return resources.eventExecutorGroup().next();
    }

    /** Runs it on a thread of the client that is not the timer's. */
    void execute(Runnable task) {
        try {
            resources.eventExecutorGroup().execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // closing
        }
    }

    /** Time for what Lettuce itself asks: a handshake, the topology. */
    Duration ownCommandTimeout() {
        return longer(config.timeout(), Duration.ofSeconds(1));
    }

    Duration longestSilence() {
        return longer(config.timeout().multipliedBy(5), Duration.ofSeconds(1));
    }

    RedisURI uri(RedisUri.Server server, int database) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(server.host())
                .withPort(server.port())
                .withDatabase(database)
                .withSsl(config.tls())
                .withVerifyPeer(config.verifyPeer())
                .withClientName(config.clientName())
                .withTimeout(ownCommandTimeout());
        String password = config.password();
        String username = config.username();
        if (password != null) {
            if (username == null) {
                uri.withPassword(password.toCharArray());
            } else {
                uri.withAuthentication(username, password.toCharArray());
            }
        }
        return uri.build();
    }

    ClientOptions standalone() {
        ClientOptions.Builder options = ClientOptions.builder();
        configure(options);
        return options.build();
    }

    /** For connections whose loss somebody has to know of. */
    ClientOptions bus() {
        ClientOptions.Builder options = ClientOptions.builder();
        configure(options);
        return options.autoReconnect(false).build();
    }

    @SuppressWarnings("deprecation") // the triggers are on by default from Lettuce 7 on, in 6.8 they are not
    ClusterClientOptions cluster() {
        ClusterClientOptions.Builder options = ClusterClientOptions.builder();
        configure(options);
        return options.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(config.topologyRefresh())
                        .enableAllAdaptiveRefreshTriggers()
                        .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
                        .refreshTriggersReconnectAttempts(2)
                        .build())
                .build();
    }

    private void configure(ClientOptions.Builder options) {
        options.protocolVersion(ProtocolVersion.RESP3)
                .autoReconnect(true)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(config.requestQueueSize())
                .socketOptions(socket())
                .timeoutOptions(TimeoutOptions.builder()
                        .timeoutCommands()
                        .timeoutSource(new DataTimeout(config.timeout(), ownCommandTimeout()))
                        .build());
        if (config.tls()) {
            options.sslOptions(ssl());
        }
    }

    private SocketOptions socket() {
        SocketOptions.Builder socket = SocketOptions.builder()
                .connectTimeout(config.connectTimeout())
                .tcpNoDelay(true)
                .keepAlive(SocketOptions.KeepAliveOptions.builder()
                        .enable()
                        .idle(KEEP_ALIVE)
                        .interval(KEEP_ALIVE)
                        .count(3)
                        .build());
        if (EpollProvider.isAvailable()) {
            socket.tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                    .enable()
                    .tcpUserTimeout(longestSilence())
                    .build());
        }
        return socket.build();
    }

    private SslOptions ssl() {
        SslOptions.Builder ssl = SslOptions.builder().jdkSslProvider();
        Path trustStore = config.trustStore();
        if (trustStore != null) {
            ssl.trustManager(trusted(trustStore, config.trustStorePassword()));
        }
        return ssl.build();
    }

    static TrustManagerFactory trusted(Path trustStore, String password) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(KeyStore.getInstance(trustStore.toFile(), password.toCharArray()));
            return factory;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "trustStore must be a JKS or PKCS#12 file that its password opens: " + trustStore + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    @Override
    public void close() {
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        timer.stop();
    }

    /** The tier's timeout for the tier's commands; commands of a bulk have their own common deadline. */
    private static final class DataTimeout extends TimeoutOptions.TimeoutSource {
        private static final long NONE = 0;

        private final long data;
        private final long own;

        DataTimeout(Duration data, Duration own) {
            this.data = data.toMillis();
            this.own = own.toMillis();
        }

        @Override
        public long getTimeout(RedisCommand<?, ?, ?> command) {
            if (command instanceof Commands.InBulk) {
                return NONE;
            }
            return Commands.isData(command.getType()) && !(command instanceof Commands.Unhurried) ? data : own;
        }
    }
}
