package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.keyspace.Counters;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The counts of the front end and of what is behind it, at one moment. */
record CacheStatistics(Traffic traffic) {
    static CacheStatistics of(Front front) {
        Gauges gauges = front.gauges();
        RedisKeyspace redis = front.redis();
        Counters counters = redis == null ? front.memoryCounters() : redis.counters();
        Histogram took = gauges.lastMinute();
        long inFlight = front.loops().stream()
                .mapToLong(loop -> loop.keyspace() == null ? 0 : loop.redis().inFlight())
                .sum();
        return new CacheStatistics(new Traffic(
                gauges.commands.sum(),
                counters.reads.sum(),
                counters.l1Hits.sum(),
                counters.l2Hits.sum(),
                counters.l3Hits.sum(),
                counters.staleHits.sum(),
                counters.misses.sum(),
                counters.readErrors.sum(),
                counters.writes.sum(),
                counters.writeErrors.sum(),
                counters.passedThrough.sum(),
                gauges.rateLimited.sum(),
                gauges.overloaded.sum(),
                gauges.protocolErrors.sum(),
                gauges.connections.get(),
                gauges.connectionsOpened.sum(),
                gauges.connectionsRefused.sum(),
                inFlight,
                gauges.queued.get(),
                redis == null ? 0 : redis.copies().changes(),
                took.getValueAtPercentile(50),
                took.getValueAtPercentile(95),
                took.getValueAtPercentile(99)));
    }

    long hits() {
        return traffic.l1Hits() + traffic.l2Hits() + traffic.l3Hits() + traffic.staleHits();
    }

    long misses() {
        return traffic.misses();
    }

    /** Name and value, for INFO and CACHE.STATS. */
    Map<String, Object> lines() {
        Map<String, Object> lines = new LinkedHashMap<>();
        lines.put("commands", traffic.commands());
        lines.put("reads", traffic.reads());
        lines.put("l1_hits", traffic.l1Hits());
        lines.put("l2_hits", traffic.l2Hits());
        lines.put("l3_hits", traffic.l3Hits());
        lines.put("stale_hits", traffic.staleHits());
        lines.put("misses", traffic.misses());
        lines.put("read_errors", traffic.readErrors());
        lines.put("writes", traffic.writes());
        lines.put("write_errors", traffic.writeErrors());
        lines.put("passed_through", traffic.passedThrough());
        lines.put("rate_limited", traffic.rateLimited());
        lines.put("overloaded", traffic.overloaded());
        lines.put("connections", traffic.connections());
        lines.put("in_flight", traffic.inFlight());
        lines.put("queued", traffic.queued());
        lines.put("invalidations", traffic.invalidations());
        lines.put("p50_micros", traffic.p50Micros());
        lines.put("p99_micros", traffic.p99Micros());
        return lines;
    }
}
