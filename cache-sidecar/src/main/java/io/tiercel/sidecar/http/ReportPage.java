package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.control.FleetMinutes.Price;
import io.tiercel.sidecar.control.ReportSpan;
import io.tiercel.sidecar.control.ScalingReport;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A report as a page that needs no script. Everything that may come from outside is escaped. For one use. */
final class ReportPage {
    private static final String MARKER = "<!--REPORT-->";
    private static final String FRAME = new String(Resources.required("page/report.html"), UTF_8);
    private static final String NONE = "–";
    private static final DateTimeFormatter DAY = format("uuuu-MM-dd HH:mm");
    private static final DateTimeFormatter SECOND = format("HH:mm:ss");
    private static final DateTimeFormatter DATE = format("uuuu-MM-dd");
    private static final DateTimeFormatter SHORT_DAY = format("MM-dd HH:mm");
    private static final DateTimeFormatter CLOCK = format("HH:mm");

    private final ReportView view;
    private final ScalingReport report;
    private final ReportSpan total;
    private final StringBuilder html = new StringBuilder(32_768);

    private ReportPage(ReportView view) {
        this.view = view;
        this.report = view.report();
        this.total = report.total();
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
    }

    static String of(ReportView view) {
        ReportPage page = new ReportPage(view);
        page.overview();
        page.graphs();
        page.changes();
        return FRAME.replace(MARKER, page.html);
    }

    private void overview() {
        line("<section id=\"overview\">\n<h2>" + PageFragment.escaped(view.fleet()) + ", " + DAY.format(report.from())
                + " to " + DAY.format(report.to()) + " UTC</h2>");
        notes();
        line("<dl class=\"figures\">");
        boolean known = total.recorded() > 0;
        figure(
                "Pods",
                "pods",
                !known ? NONE : range(total.podsMin(), total.podsMax()),
                "average " + number(total.podsAverage()));
        figure(
                "Recommended",
                "desired",
                total.desiredMin() == null || total.desiredMax() == null
                        ? NONE
                        : range(total.desiredMin(), total.desiredMax()),
                "");
        figure(
                "Highest pressure",
                "pressure",
                number(total.pressure()),
                minutes(total.pressed()) + " over 1"
                        + (total.conflicts() == 0 ? "" : ", " + minutes(total.conflicts()) + " with a conflict"));
        figure("Commands", "commands", Units.count(total.counts().sum("commands")), "");
        figure(
                "Keys found",
                "hit-ratio",
                Units.percent(total.hitRatio()),
                "L1 " + Units.percent(total.hitRatio("l1")) + ", L2 " + Units.percent(total.hitRatio("l2")));
        figure("Loads avoided", "loads-avoided", Units.count(total.avoided()), "keys that a tier had");
        figure("Loads at the source", "loads-at-source", Units.count(total.loads()), "keys that no tier had");
        figure("Errors", "errors", share(total.errorShare()), Units.count(total.errors()) + " commands");
        Long p99 = total.counts().highest().get("p99");
        figure("Highest p99", "p99", p99 == null ? NONE : Units.micros(p99), "of one pod, over a minute");
        figure("Pod-hours", "pod-hours", number(report.podHours()), "");
        cost();
        line("</dl>\n</section>");
    }

    private void notes() {
        int lacking = total.minutes() - total.recorded();
        if (lacking > 0) {
            line("<p class=\"note\" data-field=\"gap\">Of " + minutes(total.minutes()) + " there is no record of "
                    + minutes(lacking)
                    + ": nobody could write it, or Redis has forgotten it. They are shaded, and in no "
                    + "number.</p>");
        }
        if (total.uncounted() > 0) {
            line("<p class=\"note\" data-field=\"uncounted\">Counts of " + Units.count(total.uncounted()) + " of "
                    + Units.count(total.podMinutes())
                    + " pod-minutes are missing: pods that had just begun, or that ended.</p>");
        }
    }

    private void cost() {
        Price price = report.price();
        if (price == null) {
            figure("Cost", "cost", NONE, "price-pod-hour is not set");
            return;
        }
        String currency = price.currency().isEmpty() ? "" : " " + price.currency();
        figure("Cost", "cost", money(report.cost()) + currency, money(price.podHour()) + " per pod-hour");
        figure("Cost per million commands", "cost-per-million", money(report.costPerMillion()) + currency, "");
    }

    // ---- graphs

    private void graphs() {
        line("<section id=\"graphs\">\n<h2>In the course of time<span class=\"note\">"
                + (report.step().equals(report.minute())
                        ? "each minute"
                        : "each "
                                + minutes((int) (report.step().toMillis()
                                        / report.minute().toMillis())))
                + ", UTC; dotted lines: changes; yellow: events and emergencies; grey: no record</span></h2>\n"
                + "<div class=\"all\">");
        List<Instant> moments =
                view.changes().stream().map(ReportView.Entry::at).toList();
        replicas(moments);
        pressure(moments);
        hits(moments);
        loads(moments);
        line("</div>\n</section>");
    }

    private void replicas(List<Instant> moments) {
        double most = Math.max(total.podsMax(), total.desiredMax() == null ? 0 : total.desiredMax());
        Plot plot = new Plot(report, Plot.top(2, most))
                .moments(moments)
                .band("pods", span -> pods(span, span.podsMin()), span -> pods(span, span.podsMax()))
                .line("pods", span -> pods(span, span.podsMin()))
                .line("pods", span -> pods(span, span.podsMax()))
                .line("desired", span -> span.desiredMax() == null ? null : Double.valueOf(span.desiredMax()));
        figure("replicas", "Pods", plot, ReportPage::whole, List.of("pods", "there are", "desired", "recommended"));
    }

    private static @Nullable Double pods(ReportSpan span, int pods) {
        return span.recorded() == 0 ? null : Double.valueOf(pods);
    }

    private void pressure(List<Instant> moments) {
        Plot plot = new Plot(report, Plot.top(2, total.pressure() == null ? 0 : total.pressure()))
                .moments(moments)
                .limit(1)
                .line("pressure", ReportSpan::pressure);
        figure(
                "pressure",
                "Pressure",
                plot,
                ReportPage::number,
                List.of("pressure", "highest of the triggers", "limit", "more pods over it"));
    }

    private void hits(List<Instant> moments) {
        Plot plot = new Plot(report, 1)
                .moments(moments)
                .line("l2", span -> span.hitRatio("l2"))
                .line("l1", span -> span.hitRatio("l1"))
                .line("any", ReportSpan::hitRatio);
        figure(
                "hit-ratio",
                "Keys found",
                plot,
                share -> Math.round(share * 100) + " %",
                List.of("any", "by any tier", "l1", "by L1", "l2", "by L2"));
    }

    private void loads(List<Instant> moments) {
        double most = report.points().stream()
                .map(ReportPage::loadsPerMinute)
                .mapToDouble(loads -> loads == null ? 0 : loads)
                .max()
                .orElse(0);
        Plot plot = new Plot(report, Plot.top(10, most)).moments(moments).line("loads", ReportPage::loadsPerMinute);
        figure("loads", "Loads at the source", plot, ReportPage::whole, List.of("loads", "per minute"));
    }

    private static @Nullable Double loadsPerMinute(ReportSpan span) {
        return span.recorded() == 0 ? null : Double.valueOf((double) span.loads() / span.recorded());
    }

    private interface Label {
        String of(double value);
    }

    /** @param legend kinds of lines, each with its name behind it */
    private void figure(String id, String title, Plot plot, Label label, List<String> legend) {
        line("<figure id=\"" + id + "\">\n<figcaption><h3>" + title + "</h3></figcaption>\n<ul class=\"legend\">");
        for (int i = 0; i < legend.size(); i += 2) {
            line("<li><svg width=\"22\" height=\"12\" aria-hidden=\"true\"><path class=\"line " + legend.get(i)
                    + "\" d=\"M0 6H22\" stroke=\"currentColor\"/></svg>" + legend.get(i + 1) + "</li>");
        }
        line("</ul>\n<div class=\"graph\">\n<ul class=\"y\"><li>" + label.of(plot.top()) + "</li><li>"
                + label.of(plot.top() / 2) + "</li><li>" + label.of(0) + "</li></ul>");
        line(plot.html(title + ", " + DAY.format(report.from()) + " to " + DAY.format(report.to()) + " UTC"));
        Instant middle =
                report.from().plus(Duration.between(report.from(), report.to()).dividedBy(2));
        boolean days = Duration.between(report.from(), report.to()).compareTo(Duration.ofHours(23)) > 0;
        DateTimeFormatter axis = days ? SHORT_DAY : CLOCK;
        line("<ul class=\"x\"><li>" + axis.format(report.from()) + "</li><li>" + axis.format(middle) + "</li><li>"
                + axis.format(report.to()) + "</li></ul>\n</div>\n</figure>");
    }

    // ---- what people did

    private record Row(Instant at, String kind, String text) {}

    private void changes() {
        line("<section id=\"changes\">\n<h2>Events, emergencies and changes</h2>");
        if (!view.complete()) {
            line("<p class=\"note\">Only the last changes are known; there were more before.</p>");
        }
        List<Row> rows = new ArrayList<>();
        for (ScalingReport.Period period : report.periods()) {
            String name = PageFragment.escaped(period.name());
            rows.add(new Row(
                    period.from(),
                    period.kind(),
                    (period.kind().equals("event") ? "<b>" + name + "</b>" : "for <b>" + name + "</b> pods") + " until "
                            + DAY.format(period.to())));
        }
        view.changes().forEach(change -> rows.add(new Row(change.at(), change.kind(), text(change))));
        rows.sort(Comparator.comparing(Row::at));
        if (rows.isEmpty()) {
            line("<p class=\"empty\">None in this time.</p>");
        } else {
            line("<table class=\"events\">\n<thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Kind</th>"
                    + "<th scope=\"col\">What</th></tr></thead>\n<tbody>");
            rows.forEach(row -> line("<tr><td class=\"at\"><span>" + DATE.format(row.at())
                    + "</span> <span>" + SECOND.format(row.at()) + "</span></td><td class=\"kind\">"
                    + PageFragment.escaped(row.kind()) + "</td><td>" + row.text() + "</td></tr>"));
            line("</tbody>\n</table>");
        }
        line("</section>");
    }

    private static String text(ReportView.Entry change) {
        String what = change.texts().isEmpty() ? "version " + change.version() : String.join("; ", change.texts());
        String who = (change.by().isEmpty() ? "" : "by " + change.by())
                + (change.by().isEmpty() || change.reason().isEmpty() ? "" : ": ")
                + change.reason();
        return PageFragment.escaped(what) + (who.isEmpty() ? "" : "<small>" + PageFragment.escaped(who) + "</small>");
    }

    // ---- words

    private void line(String text) {
        html.append(text).append('\n');
    }

    private void figure(String name, String field, String value, String small) {
        line("<div><dt>" + name + "</dt><dd data-field=\"" + field + "\">" + PageFragment.escaped(value)
                + (small.isEmpty() ? "" : "<small>" + PageFragment.escaped(small) + "</small>") + "</dd></div>");
    }

    private static String range(int from, int to) {
        return from == to ? Integer.toString(from) : from + " to " + to;
    }

    private static String minutes(int count) {
        return Units.count(count) + (count == 1 ? " minute" : " minutes");
    }

    private static String whole(double value) {
        return Units.count(Math.round(value));
    }

    private static String number(@Nullable Double value) {
        if (value == null) {
            return NONE;
        }
        return value == Math.rint(value) ? whole(value) : String.format(Locale.ROOT, "%,.2f", value);
    }

    /** Of what should be little, with digits where it is. */
    private static String share(@Nullable Double share) {
        return share == null || share == 0 || share >= .01
                ? Units.percent(share)
                : String.format(Locale.ROOT, "%.4f %%", share * 100);
    }

    private static String money(@Nullable Double value) {
        return value == null ? NONE : String.format(Locale.ROOT, value != 0 && value < 1 ? "%.4f" : "%,.2f", value);
    }
}
