package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.Event;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.History;
import io.tiercel.sidecar.control.History.Sample;
import io.tiercel.sidecar.control.InForce;
import io.tiercel.sidecar.control.KeyReport;
import io.tiercel.sidecar.control.LiveField;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.RateStatus;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.TierStatus.State;
import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.control.WarmUpRun.Progress;
import io.tiercel.sidecar.control.WarmUpRun.Skipped;
import io.tiercel.sidecar.control.WarmUps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** How the sidecar is, as one sees it. Thread-safe. */
final class StatusDocument {
    private static final int HOT_KEYS = 20;

    private final HttpConfig config;
    private final Controls controls;
    private final @Nullable FleetParts fleet;
    private final CacheBackend backend;
    private final long startedNanos = System.nanoTime();

    StatusDocument(HttpConfig config, Controls controls, @Nullable FleetParts fleet, CacheBackend backend) {
        this.config = config;
        this.controls = controls;
        this.fleet = fleet;
        this.backend = backend;
    }

    /** One moment: what {@code GET /api/status} and the page show. */
    record Now(
            long at,
            String pod,
            String version,
            long uptimeMs,
            boolean ready,
            boolean draining,
            String status,
            List<TierStatus> tiers,
            Traffic traffic,
            QueueSettings queue,
            RateSettings rate,
            RateStatus rateStatus,
            Map<String, Object> warmUp,
            FleetFragment.@Nullable Fleet fleet,
            List<InForce> config,
            @Nullable List<String> hotKeys,
            List<Event> events) {}

    Now now() {
        List<TierStatus> tiers = backend.tiers();
        return new Now(
                System.currentTimeMillis(),
                config.pod(),
                config.version(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos),
                controls.readiness().ready(),
                controls.draining(),
                status(tiers),
                tiers,
                backend.traffic(),
                controls.live().queue(),
                controls.live().rate(),
                backend.rateLimit(),
                warmUp(),
                fleet == null ? null : FleetFragment.Fleet.of(fleet),
                inForce(controls),
                config.hotKeys() ? backend.hottest(HOT_KEYS) : null,
                controls.events().latest());
    }

    /** Without those that nobody has set and that have no value: nothing is in force. */
    private static List<InForce> inForce(Controls controls) {
        return controls.inForce().stream()
                .filter(setting ->
                        !setting.text().isEmpty() || !setting.source().equals("default"))
                .toList();
    }

    Map<String, Object> json() {
        Now now = now();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("at", now.at());
        json.put("pod", now.pod());
        json.put("version", now.version());
        json.put("uptime_ms", now.uptimeMs());
        json.put("ready", now.ready());
        json.put("draining", now.draining());
        json.put("status", now.status());
        json.put("tiers", now.tiers().stream().map(StatusDocument::tier).toList());
        json.put("traffic", now.traffic());
        json.put("queue", queue(now));
        json.put("rate_limit", rate(now));
        json.put("warm_up", now.warmUp());
        FleetParts all = fleet;
        json.put("fleet", all == null ? null : ScalingRoutes.fleet(all));
        json.put("config", now.config().stream().map(StatusDocument::setting).toList());
        json.put("hot_keys", now.hotKeys());
        json.put("events", now.events());
        json.put("history", history(controls.history().samples()));
        return json;
    }

    /** {@code DOWN} if the process itself cannot serve, {@code DEGRADED} if a tier does not quite. */
    String status(List<TierStatus> tiers) {
        if (controls.readiness().unable() != null) {
            return State.DOWN.name();
        }
        boolean allUp = tiers.stream().allMatch(tier -> tier.state() == State.UP);
        return allUp ? State.UP.name() : State.DEGRADED.name();
    }

    Map<String, Object> health() {
        List<TierStatus> tiers = backend.tiers();
        Map<String, Object> health = new LinkedHashMap<>();
        health.put("status", status(tiers));
        Map<String, Object> each = new LinkedHashMap<>();
        for (TierStatus tier : tiers) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("state", tier.state().name());
            one.put("kind", tier.kind());
            one.put("mode", LiveField.word(tier.mode()));
            if (!tier.nodes().isEmpty()) {
                one.put("nodes", tier.nodes().size());
                one.put(
                        "nodes_up",
                        tier.nodes().stream().filter(TierStatus.Node::up).count());
            }
            each.put(tier.tier(), one);
        }
        health.put("tiers", each);
        String unable = controls.readiness().unable();
        if (unable != null) {
            health.put("reason", unable);
        }
        return health;
    }

    Map<String, Object> readiness() {
        Map<String, Object> json = new LinkedHashMap<>();
        // First: it may be what lets clients in, and the rest says why.
        String obstacle = controls.readiness().obstacle();
        json.put("ready", obstacle.isEmpty());
        json.put("warm", warmUp());
        json.put("draining", controls.draining());
        json.put("reason", obstacle);
        return json;
    }

    /** What has been counted since the start. */
    Map<String, Object> stats() {
        Map<String, Object> stats = new LinkedHashMap<>();
        stats.put("tiers", backend.tiers().stream().map(StatusDocument::tier).toList());
        stats.put("traffic", backend.traffic());
        return stats;
    }

    static Map<String, Object> key(KeyReport report) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("key", report.key());
        json.put("answered_by", report.answeredBy());
        json.put("places", report.places().stream().map(StatusDocument::place).toList());
        return json;
    }

    private static Map<String, Object> place(KeyReport.Place place) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("tier", place.tier());
        json.put("status", place.status());
        json.put("age_ms", known(place.ageMillis()));
        json.put("ttl_ms", known(place.ttlMillis()));
        json.put("bytes", known(place.bytes()));
        json.put("node", place.node());
        return json;
    }

    private static @Nullable Long known(long value) {
        return value < 0 ? null : value;
    }

    private static Map<String, Object> tier(TierStatus tier) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("tier", tier.tier());
        json.put("kind", tier.kind());
        json.put("state", tier.state().name());
        json.put("mode", LiveField.word(tier.mode()));
        json.put("hits", tier.hits());
        json.put("misses", tier.misses());
        json.put("errors", tier.errors());
        json.put("hit_ratio", hitRatio(tier));
        json.put("entries", tier.entries());
        json.put("bytes", tier.bytes());
        json.put("maximum_bytes", tier.maximumBytes());
        json.put("nodes", tier.nodes());
        return json;
    }

    static @Nullable Double hitRatio(TierStatus tier) {
        long asked = tier.hits() + tier.misses();
        return asked <= 0 ? null : Math.round(tier.hits() * 10_000.0 / asked) / 10_000.0;
    }

    private static Map<String, Object> queue(Now now) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("enabled", now.queue().enabled());
        json.put("max_size", now.queue().maxSize());
        json.put("depth", now.traffic().queued());
        json.put("in_flight", now.traffic().inFlight());
        return json;
    }

    private static Map<String, Object> rate(Now now) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("requests_per_minute", now.rate().requestsPerMinute());
        json.put("burst", now.rate().burst());
        json.put("per", LiveField.word(now.rate().per()));
        json.put("pods", now.rateStatus().pods());
        json.put("fallback", now.rateStatus().fallback());
        return json;
    }

    private Map<String, Object> warmUp() {
        return warmUp(controls.warmUps().last().orElse(null), controls.warmUps().opened());
    }

    /** @param opened why clients were let in; empty if they were not kept away for it, or are */
    static Map<String, Object> warmUp(WarmUps.@Nullable Job job, String opened) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (job != null) {
            json.put("job", job.id());
        }
        Progress progress = job == null ? null : job.run().progress();
        json.put("state", progress == null ? "none" : WarmUps.word(progress.state()));
        json.put("source", progress == null ? null : progress.source());
        json.put("weight_percent", progress == null ? 0 : Math.floor(progress.weight() * 1_000) / 10);
        json.put("planned", progress == null ? 0 : progress.planned());
        json.put("read", progress == null ? 0 : progress.read());
        json.put("brought", progress == null ? 0 : progress.brought());
        json.put("bytes", progress == null ? 0 : progress.bytes());
        json.put("predicted_hit_ratio", progress == null ? null : ratio(progress.predictedHitRatio()));
        json.put("keys_per_second", progress == null ? 0 : Math.round(progress.keysPerSecond()));
        json.put("elapsed_ms", progress == null ? 0 : progress.elapsedMillis());
        json.put("eta_ms", progress == null ? null : known(progress.etaMillis()));
        json.put("skipped", skipped(progress == null ? Skipped.NONE : progress.skipped()));
        json.put("errors", progress == null ? 0 : progress.errors());
        boolean said = progress == null || !progress.reason().isEmpty() || job == null || job.awaitedUntil() == null;
        json.put("reason", progress == null ? "" : said ? progress.reason() : opened);
        return json;
    }

    private static @Nullable Double ratio(double value) {
        return Double.isNaN(value) ? null : Math.round(value * 10_000) / 10_000.0;
    }

    private static Map<String, Object> skipped(Skipped skipped) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("ttl", skipped.ending());
        json.put("size", skipped.large());
        json.put("gone", skipped.gone());
        json.put("changed", skipped.changed());
        return json;
    }

    private static Map<String, Object> setting(InForce setting) {
        Instant expiresAt = setting.expiresAt();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", setting.name());
        json.put("value", setting.text());
        json.put("source", setting.source());
        json.put("expires_at", expiresAt == null ? null : expiresAt.toEpochMilli());
        return json;
    }

    private static Map<String, Object> history(List<Sample> samples) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("step_ms", History.STEP_MILLIS);
        json.put("at", column(samples, Sample::at));
        json.put("commands", column(samples, Sample::commands));
        json.put("l1_hits", column(samples, Sample::l1Hits));
        json.put("l2_hits", column(samples, Sample::l2Hits));
        json.put("l3_hits", column(samples, Sample::l3Hits));
        json.put("misses", column(samples, Sample::misses));
        json.put("errors", column(samples, Sample::errors));
        json.put("p50_micros", column(samples, Sample::p50Micros));
        json.put("p99_micros", column(samples, Sample::p99Micros));
        json.put("in_flight", column(samples, Sample::inFlight));
        json.put("queued", column(samples, Sample::queued));
        return json;
    }

    private static long[] column(List<Sample> samples, ToLongFunction<Sample> value) {
        return samples.stream().mapToLong(value).toArray();
    }

    /** Every change of the configuration that is in force, and what lies under it. */
    Map<String, Object> configuration() {
        FleetParts all = fleet;
        long version = all == null
                ? controls.version()
                : all.controls().fleet().config().document().version();
        Map<String, Object> fields = new LinkedHashMap<>();
        List<Map<String, Object>> settings = new ArrayList<>();
        for (InForce setting : controls.inForce()) {
            Map<String, Object> json = new LinkedHashMap<>();
            if (setting.field() == null) {
                json.put("name", setting.name());
            }
            json.put("value", setting.value());
            json.put("source", setting.source());
            if (setting.field() == null) {
                settings.add(json);
                continue;
            }
            Instant since = setting.since();
            Instant expiresAt = setting.expiresAt();
            json.put("since", since == null ? null : since.toString());
            json.put("expires_at", expiresAt == null ? null : expiresAt.toString());
            fields.put(setting.name(), json);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", version);
        json.put("scope", all == null ? "pod" : "fleet");
        json.put("pod_version", controls.version());
        json.put("fields", fields);
        json.put("settings", settings);
        return json;
    }
}
