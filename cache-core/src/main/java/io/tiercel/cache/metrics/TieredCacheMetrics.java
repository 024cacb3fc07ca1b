package io.tiercel.cache.metrics;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.cache.CacheMeterBinder;
import io.tiercel.cache.CacheStats;
import io.tiercel.cache.CoherenceStats;
import io.tiercel.cache.TierStats;
import io.tiercel.cache.TieredCache;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Micrometer meters of a cache; {@code docs/metrics.md} lists them. Needs {@code io.micrometer:micrometer-core} on the
 * class path.
 *
 * <p>The cache as a whole has the {@code cache.*} meters that every cache bound by Micrometer has, with exactly their
 * tags: a registry such as Prometheus' takes one set of tag keys for each name, and would refuse this cache or the plain
 * ones beside it. What only a cache of several tiers can tell is under {@code tiercel.*}. Give caches in one registry
 * the same keys of extra tags, for the same reason.
 *
 * <p>Bind a cache once to each registry: a second time would record every call twice. The registry holds the cache
 * weakly; counters of a cache that is gone keep their last value.
 */
public final class TieredCacheMetrics extends CacheMeterBinder<TieredCache<?, ?>> {
    private static final String LOADS = "Calls of loaders that returned or threw";

    private final Iterable<Tag> tags;

    /**
     * A binder, for frameworks that bind by themselves.
     *
     * @param tags put on every meter beside its own
     */
    public TieredCacheMetrics(TieredCache<?, ?> cache, Iterable<Tag> tags) {
        super(requireNonNull(cache, "cache"), cache.name(), requireNonNull(tags, "tags"));
        this.tags = getTagsWithCacheName();
    }

    /**
     * Registers all meters of a cache.
     *
     * @param tags put on every meter beside its own
     * @return the cache
     */
    public static <K, V> TieredCache<K, V> monitor(MeterRegistry registry, TieredCache<K, V> cache, Tag... tags) {
        return monitor(registry, cache, Tags.of(tags));
    }

    /**
     * Registers all meters of a cache.
     *
     * @param tags put on every meter beside its own
     * @return the cache
     */
    public static <K, V> TieredCache<K, V> monitor(
            MeterRegistry registry, TieredCache<K, V> cache, Iterable<Tag> tags) {
        new TieredCacheMetrics(cache, tags).bindTo(requireNonNull(registry, "registry"));
        return cache;
    }

    // ---- the cache as a whole, named by Micrometer

    @Override
    protected Long size() {
        return count(stats -> stats.local().entries());
    }

    @Override
    protected long hitCount() {
        return count(CacheStats::hits);
    }

    @Override
    protected Long missCount() {
        return count(stats -> stats.loads() + stats.refused() + stats.shared() + stats.absent());
    }

    @Override
    protected Long evictionCount() {
        return count(stats -> stats.local().evictions());
    }

    /** All that L2 takes L1 takes too, and more; so the larger count is L1's, or that of L2 where there is no L1. */
    @Override
    protected long putCount() {
        return count(stats -> {
            long remote = stats.remote().isEmpty() ? 0 : stats.remote().get(0).puts();
            return Math.max(stats.local().puts(), remote);
        });
    }

    private long count(ToLongFunction<CacheStats> count) {
        TieredCache<?, ?> cache = getCache();
        return cache == null ? 0 : count.applyAsLong(cache.stats());
    }

    // ---- what only this cache has

    @Override
    protected void bindImplementationSpecificMetrics(MeterRegistry registry) {
        TieredCache<?, ?> cache = getCache();
        if (cache == null) {
            return;
        }
        CacheStats stats = cache.stats();
        bindLoads(registry, cache, stats.remote().stream().map(TierStats::name).toList());
        bindRequests(registry, cache);
        new LoaderMeters(registry, tags).bind(cache);
        new FleetMeters(registry, tags).bind(cache);
        bindLocal(registry, cache);
        bindCoherence(registry, cache);
        for (int depth = 0; depth < stats.remote().size(); depth++) {
            int at = depth;
            bindRemote(
                    new Counts(registry, cache, tier(stats.remote().get(at).name())),
                    now -> now.remote().get(at));
            new NodeMeters(registry, tags, stats.remote().get(at).name()).bind(cache);
        }
    }

    private void bindLoads(MeterRegistry registry, TieredCache<?, ?> cache, List<String> remotes) {
        Recorder recorder = new Recorder(registry, tags, remotes);
        cache.addTimings(recorder);
        TimeGauge.builder(
                        "cache.load.duration",
                        cache,
                        TimeUnit.NANOSECONDS,
                        c -> c.stats().loadNanos())
                .tags(tags)
                .description("Time spent in loaders since the cache was built")
                .register(registry);
        FunctionCounter.builder("cache.load", recorder, Recorder::loaded)
                .tags(Tags.concat(tags, "result", "success"))
                .description(LOADS)
                .register(registry);
        FunctionCounter.builder("cache.load", recorder, Recorder::failedLoads)
                .tags(Tags.concat(tags, "result", "failure"))
                .description(LOADS)
                .register(registry);
    }

    private void bindRequests(MeterRegistry registry, TieredCache<?, ?> cache) {
        Counts counts = new Counts(registry, cache, tags);
        counts.add("tiercel.loads", "keys", "Keys for which a caller's loader was called", null, CacheStats::loads);
        counts.add("tiercel.refused", "keys", "Keys whose loader was not called though due", null, CacheStats::refused);
        counts.add("tiercel.refreshes", "loads", "Loads behind or by refresh", null, CacheStats::refreshes);
        counts.add("tiercel.shared", "keys", "Keys whose caller waited for another's", null, CacheStats::shared);
        counts.add("tiercel.absent", "keys", "Keys asked for without loader and not found", null, CacheStats::absent);
        counts.add("tiercel.stale", "keys", "Answers past their fresh life", null, CacheStats::stale);
        counts.add(
                "tiercel.fills.refused",
                "values",
                "Values not stored since their key was written meanwhile",
                null,
                CacheStats::fillsRefused);
        counts.add(
                "tiercel.writes.dropped",
                "writes",
                "Writes behind that were not made as too many were under way",
                null,
                CacheStats::dropped);
    }

    private void bindCoherence(MeterRegistry registry, TieredCache<?, ?> cache) {
        inStep(
                registry,
                cache,
                "distrusted",
                "reads",
                "Fresh copies in L1 that nobody could vouch for",
                CoherenceStats::distrusted);
        inStep(registry, cache, "waits", "reads", "Waits for a load in another process", CoherenceStats::waited);
        inStep(registry, cache, "failed", "keys", "Keys whose write a tier did not take", CoherenceStats::repairsAdded);
        inStep(
                registry,
                cache,
                "repairs",
                "keys",
                "Failed writes made good by a later removal",
                CoherenceStats::repairsMade);
        inStep(
                registry,
                cache,
                "probes",
                "reads",
                "Hits of L1 compared with the first remote tier",
                CoherenceStats::probed);
        inStep(registry, cache, "probes.stale", "reads", "Compared hits that differed", CoherenceStats::probedStale);
        Gauge.builder("tiercel.coherence.pending", cache, c -> c.coherence().repairsPending())
                .tags(tags)
                .baseUnit("keys")
                .description("Keys whose removal a tier has yet to take")
                .register(registry);
        new FeedMeters(registry, tags).bind(cache);
    }

    private void inStep(
            MeterRegistry registry,
            TieredCache<?, ?> cache,
            String name,
            String unit,
            String description,
            ToLongFunction<CoherenceStats> count) {
        FunctionCounter.builder("tiercel.coherence." + name, cache, c -> count.applyAsLong(c.coherence()))
                .tags(tags)
                .baseUnit(unit)
                .description(description)
                .register(registry);
    }

    private void bindLocal(MeterRegistry registry, TieredCache<?, ?> cache) {
        Gauge.builder("tiercel.local.entries", cache, c -> c.stats().local().entries())
                .tags(tags)
                .baseUnit("entries")
                .description("Entries in L1, about")
                .register(registry);
        Gauge.builder("tiercel.local.bytes", cache, c -> c.stats().local().bytes())
                .tags(tags)
                .baseUnit("bytes")
                .description("What L1 weighs if it is bounded by bytes")
                .register(registry);
        bindTier(new Counts(registry, cache, tier("local")), CacheStats::local);
    }

    private static void bindTier(Counts counts, TierOf tier) {
        String gets = "Keys that the tier was asked for";
        counts.add(
                "tiercel.tier.gets",
                "keys",
                gets,
                Tag.of("result", "hit"),
                s -> tier.in(s).hits());
        counts.add(
                "tiercel.tier.gets",
                "keys",
                gets,
                Tag.of("result", "miss"),
                s -> tier.in(s).misses());
        counts.add(
                "tiercel.tier.puts",
                "keys",
                "Keys written, fills and promotions included",
                null,
                s -> tier.in(s).puts());
        counts.add(
                "tiercel.tier.removals",
                "keys",
                "Keys removed by callers",
                null,
                s -> tier.in(s).removals());
        counts.add(
                "tiercel.tier.promotions",
                "keys",
                "Values copied up from deeper tiers",
                null,
                s -> tier.in(s).promotions());
    }

    private static void bindRemote(Counts counts, TierOf tier) {
        bindTier(counts, tier);
        String bytes = "Bytes of values, with their frames";
        counts.add(
                "tiercel.tier.bytes",
                "bytes",
                bytes,
                Tag.of("direction", "read"),
                s -> tier.in(s).bytesRead());
        counts.add(
                "tiercel.tier.bytes",
                "bytes",
                bytes,
                Tag.of("direction", "written"),
                s -> tier.in(s).bytesWritten());
        counts.add(
                "tiercel.tier.failures",
                "keys",
                "Keys whose operation failed or came too late",
                null,
                s -> tier.in(s).failures());
        counts.add(
                "tiercel.tier.oversized",
                "values",
                "Values too large for the tier",
                null,
                s -> tier.in(s).oversized());
        counts.add(
                "tiercel.tier.undecodable",
                "values",
                "Stored bytes that were no value",
                null,
                s -> tier.in(s).undecodable());
    }

    private Tags tier(String name) {
        return Tags.concat(tags, "tier", name);
    }

    /** Finds one tier's part. */
    private interface TierOf {
        TierStats in(CacheStats stats);
    }

    /** Registers counters that share their tags. */
    private record Counts(MeterRegistry registry, TieredCache<?, ?> cache, Iterable<Tag> tags) {
        void add(String name, String unit, String description, @Nullable Tag tag, ToLongFunction<CacheStats> count) {
            FunctionCounter.builder(name, cache, c -> count.applyAsLong(c.stats()))
                    .tags(tag == null ? tags : Tags.concat(tags, List.of(tag)))
                    .baseUnit(unit)
                    .description(description)
                    .register(registry);
        }
    }
}
