package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.ReportSpan;
import io.tiercel.sidecar.control.ScalingReport;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A small graph over the time of a report, as SVG that is stretched to the width that there is; all text around it is HTML,
 * which is not stretched. What is drawn is a step for each point, and nothing where nothing is known. For one use.
 */
final class Plot {
    private static final int WIDTH = 1_000;
    private static final int HEIGHT = 100;

    private final ScalingReport report;
    private final double top;
    private final StringBuilder svg = new StringBuilder(4_096);

    Plot(ScalingReport report, double top) {
        this.report = report;
        this.top = top;
        rectangles("gap");
        for (ScalingReport.Period period : report.periods()) {
            rectangle("period", period.from(), period.to());
        }
        grid(top / 2);
        grid(top);
    }

    /** A number that ends an axis, at least so large, with a half that is a number for people too. */
    static double top(double least, double value) {
        double wanted = Math.max(least, value);
        double power = Math.pow(10, Math.floor(Math.log10(wanted)));
        for (double step : new double[] {1, 2, 4, 6, 8}) {
            if (wanted <= step * power) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private void rectangles(String kind) {
        Instant from = null;
        for (ReportSpan point : report.points()) {
            if (point.recorded() == 0) {
                from = from == null ? point.at() : from;
            } else if (from != null) {
                rectangle(kind, from, point.at());
                from = null;
            }
        }
        if (from != null) {
            rectangle(kind, from, report.to());
        }
    }

    private void rectangle(String kind, Instant from, Instant to) {
        double left = x(from);
        svg.append("<rect class=\"")
                .append(kind)
                .append("\" x=\"")
                .append(text(left))
                .append("\" y=\"0\" width=\"");
        svg.append(text(x(to) - left)).append("\" height=\"100\" fill=\"currentColor\" fill-opacity=\".1\"/>\n");
    }

    private void grid(double value) {
        path("grid", "M0 " + text(y(value)) + "H" + WIDTH);
    }

    /** A line across, for a limit. */
    Plot limit(double value) {
        path("limit", "M0 " + text(y(value)) + "H" + WIDTH);
        return this;
    }

    /** Lines from top to bottom. */
    Plot moments(List<Instant> moments) {
        for (Instant moment : moments) {
            if (!moment.isBefore(report.from()) && !moment.isAfter(report.to())) {
                path("moment", "M" + text(x(moment)) + " 0V" + HEIGHT);
            }
        }
        return this;
    }

    /** A line through the points, with holes where there is no value. */
    Plot line(String kind, Function<ReportSpan, @Nullable Double> value) {
        StringBuilder steps = new StringBuilder();
        boolean open = false;
        for (int i = 0; i < report.points().size(); i++) {
            Double there = value.apply(report.points().get(i));
            if (there == null) {
                open = false;
                continue;
            }
            String height = text(y(there));
            steps.append(open ? "V" + height : "M" + text(x(start(i))) + " " + height);
            steps.append('H').append(text(x(start(i + 1))));
            open = true;
        }
        path("line " + kind, steps.toString());
        return this;
    }

    /** What is between two values of each point. */
    Plot band(String kind, Function<ReportSpan, @Nullable Double> low, Function<ReportSpan, @Nullable Double> high) {
        StringBuilder boxes = new StringBuilder();
        for (int i = 0; i < report.points().size(); i++) {
            Double from = low.apply(report.points().get(i));
            Double to = high.apply(report.points().get(i));
            if (from != null && to != null && from < to) {
                boxes.append('M').append(text(x(start(i)))).append(' ').append(text(y(from)));
                boxes.append('V').append(text(y(to))).append('H').append(text(x(start(i + 1))));
                boxes.append('V').append(text(y(from))).append('Z');
            }
        }
        svg.append("<path class=\"band ").append(kind).append("\" d=\"").append(boxes);
        svg.append("\" fill=\"currentColor\" fill-opacity=\".2\"/>\n");
        return this;
    }

    private void path(String kind, String way) {
        svg.append("<path class=\"").append(kind).append("\" d=\"").append(way);
        svg.append("\" fill=\"none\" stroke=\"currentColor\" vector-effect=\"non-scaling-stroke\"/>\n");
    }

    private Instant start(int point) {
        return point < report.points().size() ? report.points().get(point).at() : report.to();
    }

    private double x(Instant time) {
        double whole = report.to().toEpochMilli() - report.from().toEpochMilli();
        return Math.max(0, Math.min(1, (time.toEpochMilli() - report.from().toEpochMilli()) / whole)) * WIDTH;
    }

    private double y(double value) {
        return HEIGHT * (1 - Math.min(1, value / top));
    }

    private static String text(double number) {
        String text = String.format(Locale.ROOT, "%.2f", number);
        return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
    }

    /** @param label for those who do not see it; HTML already */
    String html(String label) {
        return "<svg viewBox=\"0 0 " + WIDTH + " " + HEIGHT
                + "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" + label
                + "\" width=\"100%\" height=\"150\">\n" + svg + "</svg>";
    }

    double top() {
        return top;
    }
}
