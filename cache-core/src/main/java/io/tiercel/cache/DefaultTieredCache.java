package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.RemoteTier;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The blocking view: answers from L1 on the spot, and else lets the one flow of {@link Reads}, {@link BulkReads} and
 * {@link Writes} run on the calling thread until it has the answer. {@link DefaultAsyncTieredCache} is the same without
 * the waiting.
 */
final class DefaultTieredCache<K, V> implements TieredCache<K, V> {
    private final Engine<K, V> engine;
    private final TimeSource time;
    private final Looks<K, V> looks;
    private final Reads<K, V> reads;
    private final RefreshAhead<K, V> ahead;
    private final BulkReads<K, V> bulkReads;
    private final Writes<K, V> writes;
    private final Explains<K, V> explains;
    private final BackgroundWrites background;
    private final Alarm alarm;
    private final @Nullable Probe<K, V> probe;
    private final List<ExecutorService> ownThreads;
    private final AsyncTieredCache<K, V> async;
    private final AtomicBoolean closed = new AtomicBoolean();

    private DefaultTieredCache(
            Engine<K, V> engine,
            List<RemoteTier> tiers,
            BackgroundWrites background,
            Alarm alarm,
            @Nullable Probe<K, V> probe,
            List<ExecutorService> ownThreads) {
        this.looks = new Looks<>(engine);
        Loads<K, V> loads = new Loads<>(engine, looks);
        this.engine = engine;
        this.time = engine.time();
        this.reads = new Reads<>(engine, looks, loads);
        this.ahead = new RefreshAhead<>(engine, reads, alarm);
        this.bulkReads = new BulkReads<>(engine, looks, reads, loads, ahead);
        this.writes = new Writes<>(engine);
        this.explains = new Explains<>(engine, tiers);
        this.background = background;
        this.alarm = alarm;
        this.probe = probe;
        this.ownThreads = ownThreads;
        this.async = new DefaultAsyncTieredCache<>(this);
    }

    static <K, V> TieredCache<K, V> create(TieredCacheBuilder<K, V> builder) {
        String name = builder.name();
        TimeSource time = builder.time();
        Executor given = builder.executor();
        List<ExecutorService> own =
                given == null ? List.of(LoaderThreads.named(name), LoaderThreads.forLoaders(name)) : List.of();
        Executor executor = given == null ? own.get(0) : given;
        Executor loaderExecutor = given == null ? own.get(1) : given;
        Events events = new Events(executor);
        Counters counters = new Counters();
        Coherence coherence = builder.coherence();
        BackgroundWrites background = new BackgroundWrites();
        Alarm alarm = new Alarm(name);
        Framing<V> framing = new Framing<>(builder.codec(), time);
        AtomicReference<Runnable> morePermits = new AtomicReference<>(() -> {});
        Live<CachePolicy> policy = new Live<>(builder.policy(), TieredCacheBuilder::checked, (before, after) -> {
            events.emit(new CacheEvent.PolicyChanged(name, before, after));
            requireNonNull(morePermits.get()).run();
        });
        LoaderPermits permits = new LoaderPermits(name, policy, alarm, time, counters, builder.fleet());
        morePermits.set(permits::handOut);
        permits.listen();
        Backoffs backoffs = new Backoffs(policy, time);
        Flights<Answer<V>> loads = new Flights<>();
        List<TierGuard> guards = RemoteTiers.guards(name, builder.remotes(), builder.resilience(), events, alarm, time);
        TierGuard first = guards.isEmpty() ? null : guards.get(0);

        // The feed may tell of changes before there is anything to forget.
        Watch watch = new Watch(name, coherence.bound());
        Changes changes = new Changes(watch);
        if (first != null && coherence.changes()) {
            watch.open(builder.remotes().get(0), changes);
        }
        // What the cache notes for itself is not counted as its callers' traffic.
        TierGuard notes = first == null
                ? null
                : new TierGuard(name, builder.remotes().get(0), first.nodes(), new Events(executor), time);
        Generations generations = notes == null ? null : new Generations(watch, notes, guards.size() > 1, time);
        Tags tags = new Tags(watch, notes, policy, time);
        Detours detours = new Detours();
        RemoteTiers<V> remotes = new RemoteTiers<>(
                guards, new Findings<>(guards, framing, generations, tags, policy, time), detours, time);
        RemoteWrites remoteWrites = new RemoteWrites(guards, generations, builder.without(), policy, time, background);
        List<TierGuard> unheeding = RemoteTiers.guards(
                name, builder.remotes(), builder.resilience().breaker(false), new Events(executor), alarm, time);
        RemoteWrites repairWrites =
                new RemoteWrites(unheeding, generations, builder.without(), policy, time, background);
        Waiters waiters = new Waiters(alarm);
        Leases<V> leases = new Leases<>(
                remotes,
                remoteWrites,
                generations,
                tags,
                watch,
                coherence,
                builder.without(),
                alarm,
                background,
                counters,
                time);
        Function<K, String> stored = key -> name + ':' + builder.keyEncoder().apply(key);
        LocalTier<? super V> bounds = builder.local();
        LocalEntries<K, V> local = bounds == null
                ? null
                : new LocalEntries<>(bounds, stored, builder.plainKeys() ? name.length() + 1 : -1, time);
        Engine<K, V> engine = new Engine<>(
                name,
                local,
                remotes,
                remoteWrites,
                repairWrites,
                new UnleasedFills(guards, remoteWrites, background),
                framing,
                new Lives(() -> ThreadLocalRandom.current().nextDouble()),
                builder.keyEncoder(),
                policy,
                new Fences(),
                new Flights<>(),
                loads,
                watch,
                generations,
                tags,
                leases,
                waiters,
                new OwnFills<>(time),
                permits,
                builder.fleet(),
                backoffs,
                new Patience<>(name, policy, loads, backoffs, alarm, counters),
                new Repairs(name, alarm, events),
                detours,
                new MemoryPressure(time),
                new Lag(events, time),
                builder.without(),
                counters,
                events,
                time,
                executor,
                loaderExecutor);
        Probe<K, V> probe = notes == null || coherence.probeEvery() == 0
                ? null
                : new Probe<>(engine, notes, alarm, coherence.probeEvery());
        DefaultTieredCache<K, V> cache =
                new DefaultTieredCache<>(engine, builder.remotes(), background, alarm, probe, own);
        changes.tell(key -> engine.changed(key, cache.looks::again), generations, tags);
        return cache;
    }

    // ---- the parts, for the future view

    Engine<K, V> engine() {
        return engine;
    }

    Reads<K, V> reads() {
        return reads;
    }

    BulkReads<K, V> bulkReads() {
        return bulkReads;
    }

    RefreshAhead<K, V> ahead() {
        return ahead;
    }

    Writes<K, V> writes() {
        return writes;
    }

    Explains<K, V> explains() {
        return explains;
    }

    void checkOpen() {
        if (closed.getPlain()) {
            throw new IllegalStateException("cache '" + engine.name() + "' is closed");
        }
    }

    /** L1's entry if it is fresh, which is then a counted hit. Allocates nothing, takes no lock, looks at one clock. */
    @Nullable
    Entry<V> freshInLocal(K key) {
        requireNonNull(key, "key");
        checkOpen();
        LocalEntries<K, V> local = engine.local();
        if (local == null) {
            return null;
        }
        Entry<V> entry = local.get(key);
        if (entry == null) {
            return null;
        }
        long now = time.nanos();
        local.sawTime(now);
        if (!entry.isFreshAt(now)) {
            return null;
        }
        if (!engine.trusts(entry, now)) {
            engine.counters().distrusted.increment();
            return null;
        }
        engine.counters().localHits.increment();
        if (probe != null) {
            probe.hit(key, entry);
        }
        return entry;
    }

    static <K, V> ContextLoader<K, V> ignoringContext(Loader<? super K, ? extends V> loader) {
        requireNonNull(loader, "loader");
        return (key, context) -> loader.load(key);
    }

    // ---- reading

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public @Nullable V getIfPresent(K key) {
        Entry<V> entry = freshInLocal(key);
        if (entry != null) {
            ahead.hit(key, entry, null);
            return entry.value;
        }
        CallerThread caller = caller();
        return wait(caller, reads.getIfPresent(key, caller));
    }

    @Override
    public Map<K, V> getAllPresent(Collection<? extends K> keys) {
        requireNoNulls(keys, "keys");
        checkOpen();
        CallerThread caller = caller();
        return requireNonNull(wait(caller, bulkReads.getAllPresent(keys, caller)));
    }

    @Override
    public @Nullable V get(K key, Loader<? super K, ? extends V> loader) {
        requireNonNull(loader, "loader");
        Entry<V> entry = freshInLocal(key);
        if (entry == null) {
            return getBelow(key, ignoringContext(loader));
        }
        if (entry.ahead != null) {
            ahead.hit(key, entry, ignoringContext(loader)); // allocates
        }
        return entry.value;
    }

    @Override
    public @Nullable V get(K key, ContextLoader<? super K, V> loader) {
        requireNonNull(loader, "loader");
        Entry<V> entry = freshInLocal(key);
        if (entry == null) {
            return getBelow(key, loader);
        }
        ahead.hit(key, entry, loader);
        return entry.value;
    }

    private @Nullable V getBelow(K key, ContextLoader<? super K, V> loader) {
        ahead.keep(key, loader);
        CallerThread caller = caller();
        return value(wait(caller, reads.get(key, loader, caller)));
    }

    @Override
    public Map<K, V> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader) {
        requireNoNulls(keys, "keys");
        requireNonNull(loader, "loader");
        checkOpen();
        CallerThread caller = caller();
        return values(requireNonNull(wait(caller, bulkReads.getAll(keys, loader, caller))));
    }

    Map<K, V> values(BulkReads.Answers<K, V> answers) {
        if (answers.failures().isEmpty()) {
            return answers.values();
        }
        throw new BulkLoadingException(
                "cache '" + engine.name() + "': " + answers.failures().size() + " of "
                        + (answers.failures().size() + answers.values().size()) + " keys could not be loaded: "
                        + answers.failures().values().iterator().next(),
                answers.values(),
                answers.failures());
    }

    @Override
    public @Nullable V refresh(K key, Loader<? super K, ? extends V> loader) {
        return refresh(key, DefaultTieredCache.<K, V>ignoringContext(loader));
    }

    @Override
    public @Nullable V refresh(K key, ContextLoader<? super K, V> loader) {
        requireNonNull(key, "key");
        requireNonNull(loader, "loader");
        checkOpen();
        CallerThread caller = caller();
        return value(wait(caller, reads.refresh(key, loader, caller)));
    }

    // ---- writing

    @Override
    public WriteResult put(K key, V value) {
        requireNonNull(key, "key");
        requireNonNull(value, "value");
        checkOpen();
        return written(writes.put(key, value, null));
    }

    @Override
    public WriteResult put(K key, V value, Duration ttl) {
        requireNonNull(key, "key");
        requireNonNull(value, "value");
        CachePolicy.positive("ttl", ttl);
        checkOpen();
        return written(writes.put(key, value, ttl));
    }

    @Override
    public WriteResult putAll(Map<? extends K, ? extends V> entries) {
        requireNoNulls(requireNonNull(entries, "entries").keySet(), "entries");
        requireNoNulls(entries.values(), "entries");
        checkOpen();
        return written(writes.putAll(entries));
    }

    @Override
    public WriteResult invalidate(K key) {
        requireNonNull(key, "key");
        checkOpen();
        return written(writes.invalidate(key));
    }

    @Override
    public WriteResult invalidateAll(Collection<? extends K> keys) {
        requireNoNulls(keys, "keys");
        checkOpen();
        return written(writes.invalidateAll(keys));
    }

    @Override
    public WriteResult expire(K key) {
        requireNonNull(key, "key");
        checkOpen();
        return written(writes.expire(key));
    }

    private WriteResult written(CompletableFuture<WriteResult> write) {
        return requireNonNull(wait(caller(), write));
    }

    @Override
    public WriteResult clear() {
        checkOpen();
        return written(writes.clear(Duration.ZERO));
    }

    @Override
    public WriteResult clear(Duration grace) {
        CachePolicy.positive("grace", grace);
        checkOpen();
        return written(writes.clear(grace));
    }

    @Override
    public WriteResult invalidateTag(String tag) {
        String checked = Context.tag(tag);
        checkOpen();
        return written(writes.invalidateTag(checked, Duration.ZERO));
    }

    @Override
    public WriteResult invalidateTag(String tag, Duration grace) {
        String checked = Context.tag(tag);
        CachePolicy.positive("grace", grace);
        checkOpen();
        return written(writes.invalidateTag(checked, grace));
    }

    // ---- around it

    @Override
    public AsyncTieredCache<K, V> async() {
        return async;
    }

    @Override
    public Live<CachePolicy> policy() {
        return engine.policy();
    }

    @Override
    public CacheStats stats() {
        Counters counters = engine.counters();
        LocalEntries<K, V> local = engine.local();
        TierStats localStats = new TierStats(
                "local",
                counters.localHits.sum(),
                local == null ? 0 : counters.localMisses.sum(),
                0,
                counters.localPuts.sum(),
                local == null ? 0 : counters.localRemovals.sum(),
                counters.localPromotions.sum(),
                counters.localOversized.sum(),
                0,
                0,
                0,
                local == null ? 0 : local.evictions(),
                local == null ? 0 : local.size(),
                local == null ? 0 : local.weight());
        return new CacheStats(
                localStats,
                engine.remotes().guards().stream().map(TierGuard::stats).toList(),
                counters.loads.sum(),
                counters.refused.sum(),
                counters.loadFailures.sum(),
                counters.refreshes.sum(),
                counters.shared.sum(),
                counters.absent.sum(),
                counters.stale.sum(),
                counters.fillsRefused.sum(),
                background.dropped.sum(),
                counters.loadNanos.sum());
    }

    @Override
    public LoaderStats loaders() {
        Counters counters = engine.counters();
        LoaderPermits permits = engine.permits();
        return new LoaderStats(
                permits.permitted(),
                permits.underWay(),
                permits.waiting(),
                counters.loadsQueued.sum(),
                counters.loadsShed.sum(),
                counters.loadsBackedOff.sum(),
                counters.softTimeouts.sum(),
                counters.hardTimeouts.sum());
    }

    @Override
    public CoherenceStats coherence() {
        Counters counters = engine.counters();
        return new CoherenceStats(
                engine.watch().nodes().stream()
                        .map(node -> new CoherenceStats.Node(
                                node.address(),
                                node.state().name().toLowerCase(Locale.ROOT),
                                node.vouchedAgo(),
                                node.changes(),
                                node.losses()))
                        .toList(),
                counters.distrusted.sum(),
                counters.waited.sum(),
                engine.repairs().size(),
                engine.repairs().added(),
                engine.repairs().repaired(),
                probe == null ? 0 : probe.checked.sum(),
                probe == null ? 0 : probe.stale.sum());
    }

    @Override
    public @Nullable FleetStats fleet() {
        FleetShares fleet = engine.fleet();
        if (fleet == null) {
            return null;
        }
        int size = fleet.size();
        CachePolicy policy = engine.policy().get();
        return new FleetStats(size, fleet.loaderPermits(), policy.localTtl(size));
    }

    @Override
    public List<NodeStats> nodes() {
        return engine.remotes().guards().stream()
                .flatMap(guard -> guard.nodes().stats().stream())
                .toList();
    }

    @Override
    public Explanation explain(K key) {
        requireNonNull(key, "key");
        checkOpen();
        return requireNonNull(wait(caller(), explains.explain(key)));
    }

    @Override
    public List<K> hottestKeys(int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit must be zero or positive: " + limit);
        }
        LocalEntries<K, V> local = engine.local();
        return local == null ? List.of() : local.hottest(limit);
    }

    @Override
    public WarmUpReport warmUp(WarmUpSource<K> source, WarmUpOptions options) {
        requireNonNull(source, "source");
        requireNonNull(options, "options");
        checkOpen();
        LocalEntries<K, V> local = engine.local();
        if (local == null || engine.remotes().isEmpty()) {
            throw new IllegalStateException("warmUp fills L1 from the remote tiers: cache '" + engine.name()
                    + "' has no " + (local == null ? "L1: .local(..)" : "remote tier: .remote(..)"));
        }
        return new WarmUps<>(engine, local, options).run(source.keys());
    }

    @Override
    public void addListener(CacheListener listener) {
        engine.events().add(requireNonNull(listener, "listener"));
    }

    @Override
    public void addTimings(Timings timings) {
        engine.events().add(requireNonNull(timings, "timings"));
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        engine.repairs().close(engine.remotes().timeouts().multipliedBy(2));
        background.await(engine.remotes().timeouts());
        alarm.close();
        engine.permits().close();
        engine.watch().close();
        engine.remotes().guards().forEach(TierGuard::close);
        if (engine.local() != null) {
            engine.local().clear();
        }
        ownThreads.forEach(DefaultTieredCache::stop);
    }

    /** Loaders that still run are told by an interrupt; nobody waits for their values any more. */
    private static void stop(ExecutorService threads) {
        threads.shutdownNow();
        try {
            var unused = threads.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- waiting

    private CallerThread caller() {
        return new CallerThread(engine.executor());
    }

    private static <V> @Nullable V value(@Nullable Answer<V> answer) {
        return answer == null ? null : answer.value();
    }

    private <T> @Nullable T wait(CallerThread caller, CompletableFuture<T> future) {
        try {
            caller.await(future);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadingException("cache '" + engine.name() + "': interrupted while waiting", e);
        }
        try {
            return future.join();
        } catch (CompletionException e) {
            Throwable cause = TierGuard.unwrap(e);
            if (cause instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    static void requireNoNulls(Collection<?> elements, String name) {
        requireNonNull(elements, name);
        for (Object element : elements) {
            requireNonNull(element, name);
        }
    }
}
