package io.tiercel.cache.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.tiercel.cache.LoaderStats;
import io.tiercel.cache.TieredCache;
import java.util.function.ToDoubleFunction;

/** Meters of what a cache asks of its source. Holds no cache. Thread-safe. */
final class LoaderMeters {
    private static final String TIMEOUTS = "Reads that ended before the load they waited for";

    private final MeterRegistry registry;
    private final Iterable<Tag> tags;

    LoaderMeters(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = registry;
        this.tags = tags;
    }

    void bind(TieredCache<?, ?> cache) {
        gauge(cache, "permits", "Loader calls that may be under way at once", LoaderStats::permits);
        gauge(cache, "active", "Loader calls under way", LoaderStats::underWay);
        gauge(cache, "waiting", "Loads that wait for others to end", LoaderStats::waiting);
        count(cache, "queued", tags, "loads", "Loads that had to wait for others", LoaderStats::queued);
        count(cache, "shed", tags, "loads", "Loads given up as too many waited, or too long", LoaderStats::shed);
        count(cache, "backed.off", tags, "loads", "Loads not made so soon after failures", LoaderStats::backedOff);
        count(cache, "timeouts", Tags.concat(tags, "kind", "soft"), "reads", TIMEOUTS, LoaderStats::softTimeouts);
        count(cache, "timeouts", Tags.concat(tags, "kind", "hard"), "reads", TIMEOUTS, LoaderStats::hardTimeouts);
    }

    private void gauge(TieredCache<?, ?> cache, String name, String description, ToDoubleFunction<LoaderStats> value) {
        Gauge.builder("tiercel.loaders." + name, cache, c -> value.applyAsDouble(c.loaders()))
                .tags(tags)
                .baseUnit("loads")
                .description(description)
                .register(registry);
    }

    private void count(
            TieredCache<?, ?> cache,
            String name,
            Iterable<Tag> own,
            String unit,
            String description,
            ToDoubleFunction<LoaderStats> value) {
        FunctionCounter.builder("tiercel.loaders." + name, cache, c -> value.applyAsDouble(c.loaders()))
                .tags(own)
                .baseUnit(unit)
                .description(description)
                .register(registry);
    }
}
