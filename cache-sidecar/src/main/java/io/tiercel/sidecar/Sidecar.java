package io.tiercel.sidecar;

import static java.util.Objects.requireNonNull;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.FleetLog;
import io.tiercel.cache.fleet.FleetSettings;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.AppScraper;
import io.tiercel.cache.fleet.scaling.CgroupReader;
import io.tiercel.cache.fleet.scaling.ScrapeNames;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.memcached.MemcachedConfig;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.EmbeddedServers;
import io.tiercel.embedded.ServerStartException;
import io.tiercel.sidecar.config.AdminToken;
import io.tiercel.sidecar.config.HostPort;
import io.tiercel.sidecar.config.Secret;
import io.tiercel.sidecar.config.SidecarConfig;
import io.tiercel.sidecar.config.TlsFiles;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetControls;
import io.tiercel.sidecar.control.FleetEvents;
import io.tiercel.sidecar.control.FleetMinutes;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.FleetWarmUps;
import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.control.Scaling;
import io.tiercel.sidecar.control.StartupSetting;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.front.FrontSettings;
import io.tiercel.sidecar.front.RespServer;
import io.tiercel.sidecar.front.User;
import io.tiercel.sidecar.front.WarmUpSettings;
import io.tiercel.sidecar.http.HttpConfig;
import io.tiercel.sidecar.http.HttpServer;
import io.tiercel.sidecar.http.Role;
import io.tiercel.sidecar.keyspace.HeapPressure;
import io.tiercel.sidecar.keyspace.KeyspaceSettings;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a sidecar together: the tiers, the keyspace over them, the Redis front end, the controls, the HTTP ports. What is
 * opened is closed in the opposite order. Thread-safe.
 */
final class Sidecar implements Running {
    private static final Logger log = LoggerFactory.getLogger(Sidecar.class);
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final Duration SHORTEST_PASS_TIMEOUT = Duration.ofSeconds(5);
    private static final int PASS_FACTOR = 25;
    private static final Duration MOVING_GRACE = Duration.ofSeconds(5);
    private static final Duration HEAP_LOOK = Duration.ofMillis(100);
    private static final int MOST_THREADS = 4;
    private static final Duration SCRAPE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_READ = Duration.ofSeconds(2);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    private static final long LISTED_MS = 500;
    /** How much longer than it is awaited a warm-up may take. */
    private static final int BEHIND = 6;

    private final SidecarConfig config;
    private final String version;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final CountDownLatch drained = new CountDownLatch(1);
    private final AtomicBoolean draining = new AtomicBoolean();
    private final List<StartFacts.Tier> tiers = new ArrayList<>();
    private final List<String> warnings;
    private final @Nullable RespServer resp;
    private final @Nullable HttpServer http;
    private final @Nullable Controls controls;
    private @Nullable RedisTier redisTier;

    private Sidecar(SidecarConfig config, String version) throws StartException {
        this.config = config;
        this.version = version;
        this.warnings = new ArrayList<>(config.warnings());
        try {
            LiveSettings live = new LiveSettings(
                    config.caching().initial(),
                    config.overload().queue(),
                    config.overload().rate());
            RedisKeyspace redis = redis(live);
            MemoryKeyspace memory = redis == null
                    ? new MemoryKeyspace(
                            config.caching().l1Bytes(),
                            config.limits().request().bulkBytes(),
                            System::currentTimeMillis)
                    : null;
            this.resp = opened(RespServer.start(
                    front(),
                    live,
                    redis,
                    memory,
                    config.caching().l1Bytes(),
                    config.identity().pod(),
                    version,
                    Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors())));
            ScheduledExecutorService scheduler =
                    Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("tiercel-control", true));
            open.push(scheduler::shutdownNow);
            this.controls = opened(new Controls(live, resp.backend(), startup(), scheduler, InstantSource.system()));
            FleetControls fleet = fleet(controls, live, scheduler);
            FleetParts parts = fleet == null ? null : parts(fleet, controls, resp.backend(), scheduler);
            if (fleet != null) {
                resp.fleetSize(fleet.fleet()::size);
            }
            this.http = opened(HttpServer.start(
                    http(), controls, parts, resp.backend(), new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)));
            relieveHeap(redis, controls, scheduler);
            RespServer server = resp;
            controls.onDrain(begins -> {
                if (begins && !draining.get()) {
                    server.tellToMove();
                }
                if (!draining.get()) {
                    var unused = server.leaving(begins);
                }
            });
            server.onLeaving(this::prefetch);
            server.peers(new PeerPods(
                    config.life().warmUpPeers(),
                    config.life().warmUpPeerTokenFile(),
                    config.caching().bound()));
            warmUp(controls, redis != null);
            controls.readiness().started();
        } catch (IOException e) {
            close();
            throw new StartException(String.valueOf(e.getMessage()), e);
        } catch (TierException | ServerStartException | IllegalArgumentException e) {
            close();
            throw new StartException(String.valueOf(e.getMessage()), e);
        } catch (StartException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A {@link Launcher}. */
    static Running launch(SidecarConfig config) throws StartException {
        String version = Sidecar.class.getPackage().getImplementationVersion();
        return new Sidecar(config, version == null ? "dev" : version);
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.push(part);
        return part;
    }

    // ---- tiers

    private @Nullable RedisKeyspace redis(LiveSettings live) {
        RedisConfig redis = config.tiers().redis();
        List<String> memcached =
                config.tiers().memcached().stream().map(HostPort::toString).toList();
        if (config.tiers().embedded()) {
            EmbeddedServers servers = opened(EmbeddedServers.start());
            redis = RedisConfig.of(servers.redis().uri()).timeout(config.tiers().redisTimeout());
            memcached = servers.memcached().map(one -> List.of(one.address())).orElse(List.of());
        }
        String l1 = "memory, " + (config.caching().l1Bytes() >> 20) + " MiB";
        if (redis == null) {
            tiers.add(new StartFacts.Tier("L1", l1, TierStatus.State.UP, "all there is: values end with the process"));
            tiers.add(new StartFacts.Tier("L2", "redis", null, ""));
            tiers.add(new StartFacts.Tier("L3", "memcached", null, ""));
            return null;
        }
        tiers.add(new StartFacts.Tier("L1", l1, TierStatus.State.UP, "copies, kept in step by Redis' own notices"));
        RedisTier tier = RedisTier.connect(redis.startWithoutServer(true).clientName(clientName()));
        RemoteTier l3 = null;
        try {
            l3 = memcached.isEmpty()
                    ? null
                    : MemcachedTier.connect(MemcachedConfig.of(memcached.toArray(String[]::new)));
            KeyspaceSettings settings = new KeyspaceSettings(
                    config.identity().fleet(),
                    config.caching().l1Bytes(),
                    config.caching().bound(),
                    config.caching().prefixes().isEmpty()
                            ? List.of("")
                            : config.caching().prefixes(),
                    config.caching().namespaces(),
                    config.caching().staleIfDown(),
                    config.caching().leaseTime());
            RedisKeyspace keyspace = opened(new RedisKeyspace(tier, l3, settings, live));
            redisTier = tier;
            boolean connected = tier.nodes() > 0;
            tiers.add(new StartFacts.Tier(
                    "L2",
                    "redis, " + tier.describe(),
                    connected ? TierStatus.State.UP : TierStatus.State.DOWN,
                    connected ? "" : "is looked for; commands fail until it is found"));
            tiers.add(new StartFacts.Tier(
                    "L3",
                    l3 == null ? "memcached" : "memcached " + String.join(", ", memcached),
                    l3 == null ? null : TierStatus.State.UP,
                    l3 == null ? "" : "for when Redis cannot be asked"));
            return keyspace;
        } catch (RuntimeException e) {
            tier.close();
            if (l3 != null) {
                l3.close();
            }
            throw e;
        }
    }

    /** With the name of the pod, so that CLIENT LIST on a server says whose connections they are. */
    private String clientName() {
        return "tiercel-sidecar-" + config.identity().pod().replaceAll("[^!-~]", "_");
    }

    // ---- the fleet

    /** Joins the fleet; null without Redis. What was set for it is applied before this process is ready. */
    private @Nullable FleetControls fleet(Controls controls, LiveSettings live, ScheduledExecutorService scheduler) {
        RedisTier tier = redisTier;
        if (tier == null) {
            return null;
        }
        SidecarConfig.Identity identity = config.identity();
        Fleet fleet = opened(Fleet.join(
                tier, FleetSettings.of(identity.fleet(), identity.pod()).expected(identity.expected())));
        fleet.listen(view -> live.stretch(
                (double) view.size() / identity.reference(), config.caching().longestTtl()));
        requireNonNull(resp, "resp").warming(() -> fleet.view().count(Member.State.WARMING));
        FleetControls all = opened(new FleetControls(fleet, controls, identity.stateFile(), scheduler));
        controls.readiness().configured(false);
        var unused = fleet.config()
                .read()
                .orTimeout(LONGEST_READ.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((document, failure) -> {
                    if (failure != null) {
                        log.warn("what was set for the fleet cannot be read now: {}", failure.getMessage());
                    }
                    controls.readiness().configured(true);
                });
        fleet.config().watch(tier);
        return all;
    }

    private FleetParts parts(
            FleetControls fleet, Controls controls, CacheBackend backend, ScheduledExecutorService scheduler) {
        FleetEvents events = new FleetEvents(fleet, controls.warmUps(), warmUpPlan());
        URI page = config.scaling().appMetrics();
        AppScraper app = page == null
                ? null
                : new AppScraper(
                        HttpClient.newBuilder()
                                .followRedirects(HttpClient.Redirect.NEVER)
                                .build(),
                        page,
                        SCRAPE_TIMEOUT,
                        ScrapeNames.MICROMETER);
        Scaling scaling = opened(new Scaling(
                fleet.fleet(),
                events,
                backend,
                config.scaling().settings(),
                CgroupReader.ofThisProcess(),
                app,
                scheduler));
        FleetMinutes minutes = opened(new FleetMinutes(
                fleet, events, scaling, backend, config.scaling().price(), scheduler));
        fleet.fleet().facts(() -> Map.of(Scaling.FACT, scaling.own().encode(), FleetLog.FACT, minutes.fact()));
        FleetWarmUps warmUps = new FleetWarmUps(fleet, controls, warmUpPlan().maxBytes());
        return new FleetParts(fleet, events, scaling, warmUps, minutes);
    }

    // ---- settings of the parts

    private FrontSettings front() throws StartException {
        SidecarConfig.Listeners listeners = config.listeners();
        SidecarConfig.Limits limits = config.limits();
        Duration timeout = config.tiers().redisTimeout();
        Duration pass = timeout.multipliedBy(PASS_FACTOR);
        HostPort moving = config.life().movingEndpoint();
        return new FrontSettings(
                listeners.bind(),
                listeners.respPort(),
                listeners.socket(),
                users(),
                tls(listeners.respTls()),
                limits.request(),
                config.tiers().redis() == null && !config.tiers().embedded()
                        ? Math.min(MemoryKeyspace.DATABASES, config.caching().databases())
                        : config.caching().databases(),
                limits.connections(),
                limits.pipeline(),
                limits.outputBytes(),
                limits.inFlightBytes(),
                config.overload().inFlight(),
                timeout,
                pass.compareTo(SHORTEST_PASS_TIMEOUT) < 0 ? SHORTEST_PASS_TIMEOUT : pass,
                limits.idle().isZero() ? FOR_EVER : limits.idle(),
                limits.firstByte(),
                limits.requestTime(),
                config.tiers().passthrough(),
                config.life().movingPush(),
                moving == null ? "" : moving.toString(),
                new WarmUpSettings(
                        config.identity().fleet(),
                        config.life().warmUpRate(),
                        config.life().warmUpConcurrency(),
                        config.life().hotListKeys(),
                        config.life().hotListPeriod(),
                        LOOK_EVERY));
    }

    private List<User> users() {
        List<User> users = new ArrayList<>();
        Secret password = config.access().password();
        if (password != null) {
            users.add(User.of("default", password::matches, User.Access.ALL, List.of()));
        }
        config.access()
                .users()
                .forEach(user -> users.add(User.of(
                        user.name(),
                        user.password()::matches,
                        User.Access.valueOf(user.access().name()),
                        user.prefixes())));
        return users.isEmpty() ? List.of(User.open()) : users;
    }

    private static @Nullable SslContext tls(@Nullable TlsFiles files) throws StartException {
        if (files == null) {
            return null;
        }
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(
                    files.certificate().toFile(), files.key().toFile());
            builder.protocols("TLSv1.3", "TLSv1.2");
            if (files.clientAuthorities() != null) {
                File authorities = files.clientAuthorities().toFile();
                builder.trustManager(authorities).clientAuth(ClientAuth.REQUIRE);
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new StartException(
                    "tls-cert and tls-key must be a certificate and its private key in PEM: " + e.getMessage(), e);
        }
    }

    private HttpConfig http() {
        SidecarConfig.Listeners listeners = config.listeners();
        TlsFiles tls = listeners.httpTls();
        return new HttpConfig(
                config.identity().pod(),
                version,
                new HttpConfig.Listener(listeners.bind(), listeners.httpPort()),
                new HttpConfig.Listener(listeners.adminBind(), listeners.adminPort()),
                config.access().adminTokens().stream().map(Sidecar::token).toList(),
                tls == null ? null : new HttpConfig.Tls(tls.certificate(), tls.key(), tls.clientAuthorities()),
                List.of(),
                config.identity().hotKeys(),
                HttpConfig.Limits.defaults());
    }

    private static HttpConfig.TokenFile token(AdminToken token) {
        return new HttpConfig.TokenFile(token.file(), Role.valueOf(token.role().name()));
    }

    private List<StartupSetting> startup() {
        return config.settings().stream()
                .map(setting -> new StartupSetting(
                        setting.name(),
                        setting.value() == null ? "" : setting.value(),
                        setting.source().toString()))
                .toList();
    }

    /** What is in memory alone is not made less: its owners would lose it. */
    private static void relieveHeap(
            @Nullable RedisKeyspace redis, Controls controls, ScheduledExecutorService scheduler) {
        if (redis == null) {
            return;
        }
        HeapPressure pressure =
                new HeapPressure(redis.copies(), text -> controls.events().add("memory", text));
        long every = HEAP_LOOK.toMillis();
        var unused = scheduler.scheduleWithFixedDelay(pressure::look, every, every, TimeUnit.MILLISECONDS);
    }

    // ---- the beginning and the end

    private void warmUp(Controls controls, boolean possible) {
        if (!possible || !config.life().warmUpOnStart()) {
            return;
        }
        try {
            var unused = controls.warmUps().begin(warmUpPlan(), config.life().warmUpTimeLimit(), "start");
        } catch (RefusedException e) {
            log.warn("it is not warmed up: {}", e.getMessage());
        }
    }

    private WarmUpPlan warmUpPlan() {
        // Three quarters: less than that was measured to leave a gap to those who were there before, and what the pod's
        // own clients read beside it has to fit as well.
        WarmUpPlan plan = WarmUpPlan.ofHotLists(
                config.life().warmUpMaxKeys(),
                Math.max(1, config.caching().l1Bytes() / 4 * 3),
                config.life().warmUpTimeLimit().multipliedBy(BEHIND));
        return config.life().warmUpPeers().isEmpty() ? plan : plan.from(WarmUpPlan.Source.PEERS);
    }

    /**
     * Takes over what a pod holds that is about to leave, as far as it published it and this one does not hold it: behind
     * what clients do, within the usual limits.
     *
     * @return whether it has begun; not while another warm-up is under way
     */
    boolean prefetch(String pod) {
        Controls own = controls;
        if (own == null) {
            return false;
        }
        try {
            var unused = own.warmUps().begin(warmUpPlan().ofPod(pod), null, "pod " + pod + " leaves");
            return true;
        } catch (RefusedException e) {
            return false;
        }
    }

    @Override
    public StartFacts facts() {
        SidecarConfig.Listeners listeners = config.listeners();
        boolean password =
                config.access().password() != null || !config.access().users().isEmpty();
        List<StartFacts.Port> ports = new ArrayList<>();
        RespServer server = resp;
        HttpServer web = http;
        if (server != null) {
            ports.add(new StartFacts.RespPort(listeners.bind(), server.port(), listeners.respTls() != null, password));
        }
        if (listeners.socket() != null) {
            ports.add(new StartFacts.SocketPort(listeners.socket(), password));
        }
        if (web != null) {
            boolean tls = listeners.httpTls() != null;
            ports.add(new StartFacts.HttpPort(listeners.bind(), web.readOnlyPort(), tls, false));
            ports.add(new StartFacts.HttpPort(listeners.adminBind(), web.adminPort(), tls, true));
        }
        return new StartFacts(
                config.identity().pod(), config.identity().fleet(), ports, tiers, config.sources(), warnings);
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        end.await();
    }

    @Override
    public void drain() {
        try {
            if (draining.compareAndSet(false, true)) {
                drainNow();
                drained.countDown();
            } else {
                drained.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void drainNow() throws InterruptedException {
        Controls own = controls;
        RespServer server = resp;
        if (own == null || server == null) {
            return;
        }
        own.drainForGood("the process ends");
        CompletionStage<Void> listed = server.leaving(true);
        Duration limit = config.life().drainTimeout();
        Duration third = limit.dividedBy(3);
        Duration grace = third.compareTo(MOVING_GRACE) < 0 ? third : MOVING_GRACE;
        try {
            server.drain(grace, limit).toCompletableFuture().get(limit.toMillis() + 1_000, TimeUnit.MILLISECONDS);
            listed.toCompletableFuture().get(LISTED_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("not all was done within drain-timeout: {}", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            AutoCloseable part = open.pop();
            try {
                part.close();
            } catch (Exception e) {
                log.warn("{} could not be closed", part.getClass().getSimpleName(), e);
            }
        }
        end.countDown();
    }
}
