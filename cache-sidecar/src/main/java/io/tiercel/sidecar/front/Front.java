package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.keyspace.Counters;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all event loops of the Redis front end share. Thread-safe. */
final class Front {
    private final FrontSettings settings;
    private final LiveSettings live;
    private final @Nullable RedisKeyspace redis;
    private final @Nullable MemoryKeyspace memory;
    private final Counters memoryCounters = new Counters();
    private final Gauges gauges = new Gauges();
    private final RateLimiter rateLimiter = new RateLimiter();
    private final ClientBuckets clientBuckets = new ClientBuckets();
    private final FleetShare fleetShare = new FleetShare();
    private final AtomicLong ids = new AtomicLong();
    private final Dispatcher dispatcher;
    private final String runId;
    private final long startedAt = System.nanoTime();
    private final List<FrontLoop> loops = new CopyOnWriteArrayList<>();
    private final String version;
    private final long memoryBytes;
    private final Operations operations = new Operations(this);

    private volatile @Nullable HotLists hotLists;
    private volatile IntSupplier warming = () -> 1;
    private volatile Supplier<@Nullable Peer> peers = () -> null;
    private volatile boolean draining;
    private volatile int port;

    Front(
            FrontSettings settings,
            LiveSettings live,
            @Nullable RedisKeyspace redis,
            @Nullable MemoryKeyspace memory,
            long memoryBytes,
            String version) {
        this.settings = settings;
        this.live = live;
        this.redis = redis;
        this.memory = memory;
        this.memoryBytes = memoryBytes;
        this.version = version;
        byte[] random = new byte[20];
        new SecureRandom().nextBytes(random);
        this.runId = HexFormat.of().formatHex(random);
        this.dispatcher = new Dispatcher(this);
    }

    FrontSettings settings() {
        return settings;
    }

    LiveSettings live() {
        return live;
    }

    @Nullable
    RedisKeyspace redis() {
        return redis;
    }

    @Nullable
    MemoryKeyspace memory() {
        return memory;
    }

    /** What happened to keys in memory alone. */
    Counters memoryCounters() {
        return memoryCounters;
    }

    Gauges gauges() {
        return gauges;
    }

    /** The rate limit of this pod. */
    RateLimiter rateLimiter() {
        return rateLimiter;
    }

    /** The rate limits of the clients. */
    ClientBuckets clientBuckets() {
        return clientBuckets;
    }

    /** This pod's part of the rate limit of the fleet. */
    FleetShare fleetShare() {
        return fleetShare;
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    long nextId() {
        return ids.incrementAndGet();
    }

    String runId() {
        return runId;
    }

    long startedAt() {
        return startedAt;
    }

    String version() {
        return version;
    }

    List<FrontLoop> loops() {
        return loops;
    }

    /** Most bytes of keys in memory alone. */
    long memoryBytes() {
        return memoryBytes;
    }

    Operations operations() {
        return operations;
    }

    /** The fleet's; null without Redis. */
    @Nullable
    HotLists hotLists() {
        return hotLists;
    }

    void hotLists(HotLists hotLists) {
        this.hotLists = hotLists;
    }

    /** How many pods of the fleet are warming up now, this one included. */
    int warming() {
        return warming.getAsInt();
    }

    void warming(IntSupplier warming) {
        this.warming = warming;
    }

    /** Who may be asked for what it holds; gives null when there is nobody. */
    Supplier<@Nullable Peer> peers() {
        return peers;
    }

    void peers(Supplier<@Nullable Peer> peers) {
        this.peers = peers;
    }

    boolean isDraining() {
        return draining;
    }

    void draining(boolean draining) {
        this.draining = draining;
    }

    /** The port that it listens on. */
    int port() {
        return port;
    }

    void port(int port) {
        this.port = port;
    }
}
