package io.tiercel.sidecar.http;

import static io.tiercel.sidecar.http.PageFragment.escaped;

import io.tiercel.cache.fleet.FleetView;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.sidecar.control.FleetEvents.Emergency;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.PlannedEvent;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fleet as HTML, for {@link PageFragment}. Stateless. */
final class FleetFragment {
    /** With more pods than this the table scrolls by itself. */
    private static final int MANY = 24;

    private FleetFragment() {}

    /**
     * One moment of a fleet.
     *
     * @param name the fleet's
     * @param version of its configuration
     * @param scaling what is recommended; null before the first
     * @param events those to come and under way, the first to begin first
     * @param emergency null if none is on
     */
    record Fleet(
            String name,
            FleetView view,
            long version,
            @Nullable Recommendation scaling,
            List<PlannedEvent> events,
            @Nullable Emergency emergency) {
        static Fleet of(FleetParts parts) {
            io.tiercel.cache.fleet.Fleet fleet = parts.controls().fleet();
            return new Fleet(
                    fleet.settings().fleet(),
                    fleet.view(),
                    fleet.config().document().version(),
                    parts.scaling().last(),
                    parts.events().planned(),
                    parts.events().emergency().orElse(null));
        }
    }

    static String of(@Nullable Fleet fleet) {
        if (fleet == null) {
            return """
                    <section id="fleet">
                    <h2>Fleet</h2>
                    <p class="empty">Without redis there is no fleet.</p>
                    </section>
                    """;
        }
        StringBuilder html = new StringBuilder();
        FleetView view = fleet.view();
        html.append("<section id=\"fleet\">\n<h2>Fleet ")
                .append(escaped(fleet.name()))
                .append("</h2>\n");
        html.append("<dl class=\"figures\">\n");
        html.append(figure(
                "Divided by",
                "fleet-size",
                view.known() ? view.size() + "" : raised("unknown: using last N, " + view.size()),
                ""));
        html.append(figure("Pods", "fleet-pods", "" + view.members().size(), states(view)));
        Recommendation last = fleet.scaling();
        html.append(figure(
                "Recommended",
                "fleet-desired",
                last == null ? "–" : "" + last.desired(),
                last == null ? "none yet" : escaped(why(last))));
        html.append(figure(
                "Pressure", "fleet-pressure", last == null ? "–" : number(last.pressure()), "over 1: more pods"));
        String conflicts = last == null
                ? ""
                : last.conflicts().stream()
                        .map(conflict -> conflict.trigger().id())
                        .collect(Collectors.joining(", "));
        html.append(figure(
                "Conflicts",
                "fleet-conflicts",
                conflicts.isEmpty() ? "none" : raised(escaped(conflicts)),
                conflicts.isEmpty() ? "" : "more pods would make it worse"));
        html.append(next(fleet));
        html.append("</dl>\n");
        pods(html, fleet);
        return html.append("</section>\n").toString();
    }

    private static String states(FleetView view) {
        return view.count(Member.State.READY) + " ready, " + view.count(Member.State.WARMING) + " warming, "
                + view.count(Member.State.DRAINING) + " draining";
    }

    private static String why(Recommendation last) {
        return last.direction().name().toLowerCase(Locale.ROOT) + ": " + last.reason();
    }

    private static String next(Fleet fleet) {
        Emergency on = fleet.emergency();
        if (on != null) {
            return figure(
                    "Emergency",
                    "fleet-event",
                    raised(on.replicas() + " pods"),
                    "until " + PageFragment.time(on.until()));
        }
        if (fleet.events().isEmpty()) {
            return figure("Next event", "fleet-event", "none", "");
        }
        PlannedEvent event = fleet.events().get(0);
        return figure(
                "Next event",
                "fleet-event",
                escaped(event.name()),
                (event.replicas() == 0 ? "" : event.replicas() + " pods from " + PageFragment.time(event.from()) + ", ")
                        + "ends " + PageFragment.time(event.end()));
    }

    private static void pods(StringBuilder html, Fleet fleet) {
        List<Member> members = fleet.view().members();
        if (members.isEmpty()) {
            html.append("<p class=\"empty\">Nobody has been heard of yet.</p>\n");
            return;
        }
        boolean many = members.size() > MANY;
        if (many) {
            html.append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Pods\">\n");
        }
        html.append("<table class=\"pods\">\n<thead><tr><th scope=\"col\">Pod</th><th scope=\"col\">State</th>"
                + "<th scope=\"col\">Settings</th><th scope=\"col\" class=\"number\">Pressure</th>"
                + "<th scope=\"col\" class=\"number\">Heard</th></tr></thead>\n<tbody>\n");
        for (Member member : members) {
            Double pressure = FleetRoutes.pressure(member);
            long version = member.number("config", 0);
            String settings = "version " + version;
            html.append("<tr><th scope=\"row\" class=\"mono\">")
                    .append(escaped(member.pod()))
                    .append("</th><td>")
                    .append(member.state().name().toLowerCase(Locale.ROOT))
                    .append("</td><td>")
                    .append(version < fleet.version() ? raised(settings + ", behind") : settings)
                    .append("</td><td class=\"number\">")
                    .append(pressure == null ? "–" : pressure > 1 ? raised(number(pressure)) : number(pressure))
                    .append("</td><td class=\"number\">")
                    .append(ago(member.seenAt(), fleet.view().at()))
                    .append("</td></tr>\n");
        }
        html.append("</tbody>\n</table>\n").append(many ? "</div>\n" : "");
    }

    /** Between the heartbeat and what this pod knows last, both by Redis' clock. */
    private static String ago(Instant seen, Instant at) {
        return seen.equals(Instant.EPOCH)
                ? "–"
                : Units.duration(Math.max(0, at.toEpochMilli() - seen.toEpochMilli()) / 1_000 * 1_000) + " ago";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String raised(String html) {
        return "<span class=\"raised\">" + html + "</span>";
    }

    /** Value and what is below it are HTML already. */
    private static String figure(String name, String field, String value, String small) {
        return "<div><dt>" + name + "</dt><dd data-field=\"" + field + "\">" + value
                + (small.isEmpty() ? "" : "<small>" + small + "</small>") + "</dd></div>\n";
    }
}
