package io.tiercel.sidecar.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.RateStatus;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.TierStatus.Node;
import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.control.WarmUpRun.Progress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The sidecar's numbers for Prometheus. No label comes from a client. Thread-safe. */
final class Meters implements AutoCloseable {
    private static final String PREFIX = "tiercel.sidecar.";
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final PrometheusMeterRegistry registry;
    private final CacheBackend backend;
    private final Controls controls;
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private volatile Snapshot snapshot;

    /** One look at the backend, so that the numbers of one scrape go together and asking for them costs once. */
    private record Snapshot(long nanos, Traffic traffic, List<TierStatus> tiers) {}

    Meters(PrometheusMeterRegistry registry, CacheBackend backend, Controls controls, @Nullable FleetParts fleet) {
        this.registry = registry;
        this.backend = backend;
        this.controls = controls;
        this.snapshot = look();
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        commands();
        load();
        rateLimit();
        backend.tiers().forEach(tier -> tier(tier.tier()));
        process();
        if (fleet != null) {
            FleetMeters.bind(registry, fleet);
        }
    }

    private Snapshot look() {
        return new Snapshot(System.nanoTime(), backend.traffic(), backend.tiers());
    }

    private Snapshot now() {
        Snapshot last = snapshot;
        if (System.nanoTime() - last.nanos() < FRESH_NANOS) {
            return last;
        }
        Snapshot next = look();
        snapshot = next;
        return next;
    }

    private void count(String name, String description, ToDoubleFunction<Traffic> value, String... tags) {
        FunctionCounter.builder(
                        PREFIX + name,
                        this,
                        meters -> value.applyAsDouble(meters.now().traffic()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void gauge(String name, String description, ToDoubleFunction<Meters> value, String... tags) {
        Gauge.builder(PREFIX + name, this, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void commands() {
        count("commands", "Commands received", Traffic::commands);
        String reads = "Keys read, by what answered";
        count("reads", reads, Traffic::l1Hits, "answer", "l1");
        count("reads", reads, Traffic::l2Hits, "answer", "l2");
        count("reads", reads, Traffic::l3Hits, "answer", "l3");
        count("reads", reads, Traffic::staleHits, "answer", "stale");
        count("reads", reads, Traffic::misses, "answer", "miss");
        count("reads", reads, Traffic::readErrors, "answer", "error");
        count("writes", "Commands that change keys", Traffic::writes);
        count("write.errors", "Commands that change keys, answered with an error", Traffic::writeErrors);
        count("passed.through", "Commands handed on to Redis as they are", Traffic::passedThrough);
        String refused = "Commands refused, by why";
        count("refused", refused, Traffic::rateLimited, "reason", "rate-limit");
        count("refused", refused, Traffic::overloaded, "reason", "overload");
        count("protocol.errors", "Connections closed since what they sent is no request", Traffic::protocolErrors);
        count("invalidations", "Changes of keys that Redis told of", Traffic::invalidations);
        count("connections.opened", "Clients that have connected", Traffic::connectionsOpened);
        count("connections.refused", "Clients turned away at the limit", Traffic::connectionsRefused);
    }

    private void load() {
        gauge(
                "connections",
                "Clients connected",
                meters -> meters.now().traffic().connections());
        gauge(
                "in.flight",
                "Commands that wait for Redis",
                meters -> meters.now().traffic().inFlight());
        gauge(
                "queued",
                "Commands that wait to be sent to Redis",
                meters -> meters.now().traffic().queued());
        String latency = "How long the commands of the last minute took at most, by share of them";
        gauge("latency.seconds", latency, m -> m.now().traffic().p50Micros() / 1e6, "quantile", "0.5");
        gauge("latency.seconds", latency, m -> m.now().traffic().p95Micros() / 1e6, "quantile", "0.95");
        gauge("latency.seconds", latency, m -> m.now().traffic().p99Micros() / 1e6, "quantile", "0.99");
    }

    private void tier(String tier) {
        tierCount("tier.hits", "Reads that the tier answered with a value", TierStatus::hits, tier);
        tierCount("tier.misses", "Reads that found nothing in the tier", TierStatus::misses, tier);
        tierCount("tier.errors", "Operations on the tier that failed", TierStatus::errors, tier);
        tierGauge("tier.up", "1 if the tier answers, 0.5 if a part of it does, 0 if not", Meters::up, tier);
        tierGauge("tier.mode", "0 normal, 1 read-only, 2 bypass", Meters::mode, tier);
        tierGauge("tier.nodes.up", "Servers of the tier that answer", Meters::nodesUp, tier);
        tierGauge("tier.nodes", "Servers of the tier", status -> status.nodes().size(), tier);
        tierGauge("tier.entries", "Keys in the tier", status -> known(status.entries()), tier);
        tierGauge("tier.bytes", "Bytes that the tier takes", status -> known(status.bytes()), tier);
        tierGauge("tier.maximum.bytes", "Bytes that the tier may take", status -> known(status.maximumBytes()), tier);
    }

    private void tierCount(String name, String description, ToDoubleFunction<TierStatus> value, String tier) {
        FunctionCounter.builder(PREFIX + name, this, meters -> meters.of(tier, value))
                .description(description)
                .tags("tier", tier)
                .register(registry);
    }

    private void tierGauge(String name, String description, ToDoubleFunction<TierStatus> value, String tier) {
        gauge(name, description, meters -> meters.of(tier, value), "tier", tier);
    }

    private double of(String tier, ToDoubleFunction<TierStatus> value) {
        return now().tiers().stream()
                .filter(status -> status.tier().equals(tier))
                .mapToDouble(value)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static double up(TierStatus status) {
        return switch (status.state()) {
            case UP -> 1;
            case DEGRADED -> 0.5;
            case DOWN -> 0;
        };
    }

    private static double mode(TierStatus status) {
        return switch (status.mode()) {
            case NORMAL -> 0;
            case READ_ONLY -> 1;
            case BYPASS -> 2;
        };
    }

    private static double nodesUp(TierStatus status) {
        return status.nodes().stream().filter(Node::up).count();
    }

    private static double known(long value) {
        return value < 0 ? Double.NaN : value;
    }

    private void process() {
        gauge("config.version", "Version of the configuration in force", m -> m.controls.version());
        gauge(
                "ready",
                "1 if clients should be sent here",
                m -> m.controls.readiness().ready() ? 1 : 0);
        gauge("draining", "1 if clients are being sent away", m -> m.controls.draining() ? 1 : 0);
        gauge(
                "queue.max.size",
                "How many commands may be queued",
                m -> m.controls.live().queue().maxSize());
        gauge("warm.up.planned", "Keys that the last warm-up means to read", m -> m.warmUp(Progress::planned));
        gauge("warm.up.read", "Keys that the last warm-up has read", m -> m.warmUp(Progress::read));
        gauge("warm.up.brought", "Of these, now in memory", m -> m.warmUp(Progress::brought));
        gauge("warm.up.bytes", "Bytes of the values that the last warm-up has brought", m -> m.warmUp(Progress::bytes));
        gauge(
                "warm.up.weight.ratio",
                "What share of the fleet's hot weight the last warm-up has found or put in memory",
                m -> m.warmUp(Progress::weight));
        gauge(
                "warm.up.predicted.hit.ratio",
                "What share of reads memory should answer by the last warm-up",
                m -> m.warmUp(Progress::predictedHitRatio));
        gauge("warm.up.errors", "Reads of the last warm-up that failed", m -> m.warmUp(Progress::errors));
        String skipped = "Keys that the last warm-up left out";
        gauge("warm.up.skipped", skipped, m -> m.warmUp(p -> p.skipped().ending()), "why", "ttl");
        gauge("warm.up.skipped", skipped, m -> m.warmUp(p -> p.skipped().large()), "why", "size");
        gauge("warm.up.skipped", skipped, m -> m.warmUp(p -> p.skipped().gone()), "why", "gone");
        gauge("warm.up.skipped", skipped, m -> m.warmUp(p -> p.skipped().changed()), "why", "changed");
    }

    private void rateLimit() {
        gauge(
                "rate.limit.fallback",
                "1 if the rate limit of the fleet is only this pod's share, since Redis cannot be asked",
                meters -> meters.backend.rateLimit().fallback().isEmpty() ? 0 : 1);
        rateCount("rate.limit.asks", "Questions to Redis for tokens of the fleet", RateStatus::asks);
        rateCount("rate.limit.failures", "Times that Redis could not be asked for tokens", RateStatus::failures);
    }

    private void rateCount(String name, String description, ToDoubleFunction<RateStatus> value) {
        FunctionCounter.builder(PREFIX + name, backend, cache -> value.applyAsDouble(cache.rateLimit()))
                .description(description)
                .register(registry);
    }

    private double warmUp(ToDoubleFunction<Progress> value) {
        return controls.warmUps()
                .last()
                .map(job -> value.applyAsDouble(job.run().progress()))
                .orElse(0.0);
    }

    /** Everything that is registered, as Prometheus reads it. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
    }
}
