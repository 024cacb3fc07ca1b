package io.tiercel.cache.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.tiercel.cache.FleetStats;
import io.tiercel.cache.TieredCache;
import java.util.function.ToDoubleFunction;

/** Meters of what the other instances leave to a cache; none if it belongs to no fleet. Holds no cache. Thread-safe. */
final class FleetMeters {
    private static final double NANOS = 1e9;

    private final MeterRegistry registry;
    private final Iterable<Tag> tags;

    FleetMeters(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = registry;
        this.tags = tags;
    }

    void bind(TieredCache<?, ?> cache) {
        if (cache.fleet() == null) {
            return;
        }
        gauge(cache, "size", "instances", "Instances by which everything is divided", FleetStats::size);
        gauge(
                cache,
                "loader.permits",
                "loads",
                "Loader calls that may be under way at once in this process as far as the fleet goes",
                stats -> stats.loaderPermits() == Integer.MAX_VALUE ? Double.NaN : stats.loaderPermits());
        gauge(
                cache,
                "local.ttl",
                "seconds",
                "How long a copy stays in L1 that comes in now",
                stats -> stats.localTtl().toNanos() / NANOS);
    }

    private void gauge(
            TieredCache<?, ?> cache, String name, String unit, String description, ToDoubleFunction<FleetStats> value) {
        Gauge.builder("tiercel.fleet." + name, cache, c -> {
                    FleetStats stats = c.fleet();
                    return stats == null ? Double.NaN : value.applyAsDouble(stats);
                })
                .tags(tags)
                .baseUnit(unit)
                .description(description)
                .register(registry);
    }
}
