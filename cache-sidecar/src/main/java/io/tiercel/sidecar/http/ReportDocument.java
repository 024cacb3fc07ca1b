package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.FleetMinutes.Price;
import io.tiercel.sidecar.control.ReportSpan;
import io.tiercel.sidecar.control.ScalingReport;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A report as JSON. Stateless. */
final class ReportDocument {
    private static final MathContext DIGITS = new MathContext(6);
    private static final List<String> TIERS = List.of("l1", "l2", "l3", "stale");

    private ReportDocument() {}

    static Map<String, Object> of(ReportView view) {
        ScalingReport report = view.report();
        ReportSpan total = report.total();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fleet", view.fleet());
        json.put("from", report.from().toString());
        json.put("to", report.to().toString());
        json.put("minutes", total.minutes());
        json.put("minutes_recorded", total.recorded());
        json.put("replicas", replicas(total));
        json.put("pod_hours", rounded(report.podHours()));
        json.put("pod_minutes_uncounted", total.uncounted());
        json.put("pressure", pressure(total));
        json.put("commands", total.counts().sum("commands"));
        json.put("reads", total.counts().sum("reads"));
        json.put("writes", total.counts().sum("writes"));
        json.put("hit_ratio", hitRatio(total));
        json.put("loads_avoided", total.avoided());
        json.put("loads_at_source", total.loads());
        json.put("errors", total.errors());
        json.put("error_share", rounded(total.errorShare()));
        json.put("rate_limited", total.counts().sum("rate_limited"));
        json.put("p99_micros", total.counts().highest().get("p99"));
        json.put("cost", cost(report));
        json.put(
                "periods", report.periods().stream().map(ReportDocument::period).toList());
        json.put("changes", view.changes().stream().map(ReportDocument::change).toList());
        json.put("changes_complete", view.complete());
        Map<String, Object> series = new LinkedHashMap<>();
        series.put("step_s", report.step().toSeconds());
        series.put("points", report.points().stream().map(ReportDocument::point).toList());
        json.put("series", series);
        return json;
    }

    private static Map<String, Object> replicas(ReportSpan span) {
        boolean known = span.recorded() > 0;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("min", known ? span.podsMin() : null);
        json.put("max", known ? span.podsMax() : null);
        json.put("average", rounded(span.podsAverage()));
        json.put("desired_min", span.desiredMin());
        json.put("desired_max", span.desiredMax());
        return json;
    }

    private static Map<String, Object> pressure(ReportSpan span) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("max", span.pressure());
        json.put("minutes_over_1", span.pressed());
        json.put("triggers", new TreeMap<>(span.pressures()));
        json.put("minutes_with_conflicts", span.conflicts());
        return json;
    }

    private static Map<String, Object> hitRatio(ReportSpan span) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("any", rounded(span.hitRatio()));
        TIERS.forEach(tier -> json.put(tier, rounded(span.hitRatio(tier))));
        return json;
    }

    private static @Nullable Map<String, Object> cost(ScalingReport report) {
        Price price = report.price();
        if (price == null) {
            return null;
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("currency", price.currency().isEmpty() ? null : price.currency());
        json.put("price_pod_hour", price.podHour());
        json.put("total", rounded(report.cost()));
        json.put("per_million_commands", rounded(report.costPerMillion()));
        return json;
    }

    private static Map<String, Object> period(ScalingReport.Period period) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kind", period.kind());
        json.put("name", period.name());
        json.put("from", period.from().toString());
        json.put("to", period.to().toString());
        return json;
    }

    private static Map<String, Object> change(ReportView.Entry change) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("at", change.at().toString());
        json.put("version", change.version());
        json.put("kind", change.kind());
        json.put("by", change.by());
        json.put("reason", change.reason());
        json.put("changes", change.texts());
        return json;
    }

    /** Null throughout where nothing is known, which is something else than 0. */
    private static Map<String, Object> point(ReportSpan span) {
        boolean known = span.recorded() > 0;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("at", span.at().toString());
        json.put("minutes_recorded", span.recorded());
        json.put("replicas_min", known ? span.podsMin() : null);
        json.put("replicas_max", known ? span.podsMax() : null);
        json.put("replicas", rounded(span.podsAverage()));
        json.put("desired", span.desiredMax());
        json.put("pressure", span.pressure());
        json.put("commands", known ? span.counts().sum("commands") : null);
        json.put("hit_ratio", rounded(span.hitRatio()));
        json.put("hit_ratio_l1", rounded(span.hitRatio("l1")));
        json.put("hit_ratio_l2", rounded(span.hitRatio("l2")));
        json.put("loads_at_source", known ? span.loads() : null);
        json.put("error_share", rounded(span.errorShare()));
        json.put("p99_micros", span.counts().highest().get("p99"));
        return json;
    }

    private static @Nullable Double rounded(@Nullable Double value) {
        return value == null
                ? null
                : Double.valueOf(new BigDecimal(value).round(DIGITS).doubleValue());
    }
}
