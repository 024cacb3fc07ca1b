package io.tiercel.cache.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.tiercel.cache.Timings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Records how long remote calls and loads take. It knows nothing of the cache, which holds it; so the registry's hold on
 * the timers keeps no cache alive. Thread-safe.
 */
final class Recorder implements Timings {
    private static final List<String> OPERATIONS = List.of("get", "put", "remove");

    /** Chosen buckets: Micrometer's own percentile histogram would make about 70 series of each timer. */
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1)
    };

    private final MeterRegistry registry;
    private final Iterable<Tag> tags;
    private final Map<Call, Timer> calls = new ConcurrentHashMap<>();
    private final Timer load;
    private final Timer failedLoad;
    private final Timer told;
    private final Timer staleness;
    private final LongAdder loaded = new LongAdder();
    private final LongAdder failedLoads = new LongAdder();

    Recorder(MeterRegistry registry, Iterable<Tag> tags, List<String> tiers) {
        this.registry = registry;
        this.tags = tags;
        this.load = loadTimer("success");
        this.failedLoad = loadTimer("failure");
        this.told = timer("tiercel.feed.lag", "From a write made here to being told of it");
        this.staleness =
                timer("tiercel.coherence.staleness", "How long a compared hit that differed went on to be served");
        for (String tier : tiers) {
            for (String operation : OPERATIONS) {
                calls.put(new Call(tier, operation, false), callTimer(new Call(tier, operation, false)));
                calls.put(new Call(tier, operation, true), callTimer(new Call(tier, operation, true)));
            }
        }
    }

    private record Call(String tier, String operation, boolean failed) {}

    @Override
    public void remoteCall(String tier, String operation, long nanos, boolean failed) {
        calls.computeIfAbsent(new Call(tier, operation, failed), this::callTimer)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void load(long nanos, boolean failed) {
        (failed ? failedLoads : loaded).increment();
        (failed ? failedLoad : load).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void changeTold(long nanos) {
        told.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void staleness(long nanos) {
        staleness.record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .tags(tags)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    long loaded() {
        return loaded.sum();
    }

    long failedLoads() {
        return failedLoads.sum();
    }

    private Timer callTimer(Call call) {
        return Timer.builder("tiercel.tier.calls")
                .tags(Tags.concat(
                        tags,
                        "tier",
                        call.tier(),
                        "operation",
                        call.operation(),
                        "outcome",
                        call.failed() ? "failure" : "success"))
                .description("Calls of a remote tier, single or bulk")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private Timer loadTimer(String result) {
        return Timer.builder("tiercel.load")
                .tags(Tags.concat(tags, "result", result))
                .description("Calls of loaders, refreshes included")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
