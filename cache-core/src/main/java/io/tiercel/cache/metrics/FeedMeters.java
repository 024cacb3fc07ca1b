package io.tiercel.cache.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.tiercel.cache.CoherenceStats.Node;
import io.tiercel.cache.TieredCache;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Meters of the nodes that a cache listens to. Nodes come and go: whenever the first meter is read, those that have come
 * get theirs; those of a node that is gone read zero. Holds no cache. Thread-safe.
 */
final class FeedMeters {
    private final MeterRegistry registry;
    private final Iterable<Tag> tags;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    FeedMeters(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = registry;
        this.tags = tags;
    }

    void bind(TieredCache<?, ?> cache) {
        Gauge.builder("tiercel.feed.nodes", cache, this::armed)
                .tags(tags)
                .baseUnit("nodes")
                .description("Nodes that tell of changes")
                .register(registry);
        addNew(cache);
    }

    private double armed(TieredCache<?, ?> cache) {
        addNew(cache);
        return cache.coherence().nodes().stream()
                .filter(node -> node.state().equals("armed"))
                .count();
    }

    private void addNew(TieredCache<?, ?> cache) {
        for (Node node : cache.coherence().nodes()) {
            if (known.add(node.address())) {
                add(cache, node.address());
            }
        }
    }

    private void add(TieredCache<?, ?> cache, String address) {
        Iterable<Tag> own = Tags.concat(tags, "node", address);
        Gauge.builder(
                        "tiercel.feed.armed",
                        cache,
                        c -> of(c, address, node -> node.state().equals("armed") ? 1 : 0))
                .tags(own)
                .description("Whether the node tells of changes")
                .register(registry);
        TimeGauge.builder(
                        "tiercel.feed.vouched.age",
                        cache,
                        TimeUnit.NANOSECONDS,
                        c -> of(c, address, node -> node.vouchedAgo().toNanos()))
                .tags(own)
                .description("Age of the moment up to which every change of the node is known")
                .register(registry);
        FunctionCounter.builder("tiercel.feed.changes", cache, c -> of(c, address, Node::changes))
                .tags(own)
                .baseUnit("keys")
                .description("Keys that the node told of")
                .register(registry);
        FunctionCounter.builder("tiercel.feed.losses", cache, c -> of(c, address, Node::losses))
                .tags(own)
                .baseUnit("streams")
                .description("How often the node's stream was lost")
                .register(registry);
    }

    private static double of(TieredCache<?, ?> cache, String address, ToDoubleFunction<Node> value) {
        return cache.coherence().nodes().stream()
                .filter(node -> node.address().equals(address))
                .mapToDouble(value)
                .findFirst()
                .orElse(0);
    }
}
