package io.tiercel.cache.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.tiercel.cache.NodeStats;
import io.tiercel.cache.TieredCache;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Meters of the nodes of one remote tier. As {@link FeedMeters} it gives new nodes theirs whenever the first meter is
 * read; those of a node that is forgotten read zero. Holds no cache. Thread-safe.
 */
final class NodeMeters {
    private final MeterRegistry registry;
    private final Iterable<Tag> tags;
    private final String tier;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    NodeMeters(MeterRegistry registry, Iterable<Tag> tags, String tier) {
        this.registry = registry;
        this.tags = Tags.concat(tags, "tier", tier);
        this.tier = tier;
    }

    void bind(TieredCache<?, ?> cache) {
        Gauge.builder("tiercel.nodes.open", cache, this::open)
                .tags(tags)
                .baseUnit("nodes")
                .description("Nodes that are not asked, or are just being tried again")
                .register(registry);
        addNew(cache);
    }

    private double open(TieredCache<?, ?> cache) {
        addNew(cache);
        return nodes(cache)
                .filter(node -> node.state() != NodeStats.State.CLOSED)
                .count();
    }

    private void addNew(TieredCache<?, ?> cache) {
        nodes(cache).map(NodeStats::node).filter(known::add).forEach(node -> add(cache, node));
    }

    private void add(TieredCache<?, ?> cache, String node) {
        Tags own = Tags.concat(tags, "node", node);
        Gauge.builder("tiercel.node.state", cache, c -> of(c, node, one -> number(one.state())))
                .tags(own)
                .description("0 if the node is asked, 1 while one call tries it again, 2 if its breaker is open")
                .register(registry);
        Gauge.builder("tiercel.node.inflight", cache, c -> of(c, node, NodeStats::inFlight))
                .tags(own)
                .baseUnit("calls")
                .description("Calls that wait for the node's answer")
                .register(registry);
        count(cache, node, "failures", own, "Calls that failed for a cause that is the node's", NodeStats::failures);
        count(cache, node, "timeouts", own, "Calls that the node did not answer in time", NodeStats::timeouts);
        String refused = "Calls that were not made";
        count(cache, node, "refused", own.and("reason", "open"), refused, NodeStats::refused);
        count(cache, node, "refused", own.and("reason", "crowded"), refused, NodeStats::crowded);
    }

    private void count(
            TieredCache<?, ?> cache,
            String node,
            String name,
            Tags own,
            String description,
            ToDoubleFunction<NodeStats> count) {
        FunctionCounter.builder("tiercel.node." + name, cache, c -> of(c, node, count))
                .tags(own)
                .baseUnit("calls")
                .description(description)
                .register(registry);
    }

    private static int number(NodeStats.State state) {
        return switch (state) {
            case CLOSED -> 0;
            case HALF_OPEN -> 1;
            case OPEN -> 2;
        };
    }

    private double of(TieredCache<?, ?> cache, String node, ToDoubleFunction<NodeStats> value) {
        return nodes(cache)
                .filter(one -> one.node().equals(node))
                .mapToDouble(value)
                .findFirst()
                .orElse(0);
    }

    private Stream<NodeStats> nodes(TieredCache<?, ?> cache) {
        return cache.nodes().stream().filter(node -> node.tier().equals(tier));
    }
}
