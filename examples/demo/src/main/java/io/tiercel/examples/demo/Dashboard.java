package io.tiercel.examples.demo;

import io.tiercel.cache.TierStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Puts what is going on into lines of at most 79 columns. */
final class Dashboard {
    private static final Duration UNSURE = Duration.ofSeconds(3);
    private static final int TIER_BAR = 22;
    private static final int PROGRESS_BAR = 30;

    private final Style style;

    Dashboard(Style style) {
        this.style = style;
    }

    /**
     * A moment of the replay.
     *
     * @param answered how every request so far ended
     * @param perSecond requests in a second, now
     * @param loadsPerSecond loads in a second, now
     * @param databaseBusy time that the database's connections were at work, all together
     */
    record Moment(
            long total,
            Sums answered,
            Latencies latencies,
            double perSecond,
            double loadsPerSecond,
            Duration databaseBusy,
            Duration elapsed) {
        double share() {
            return total == 0 ? 1 : Math.min(1, (double) answered.issued() / total);
        }

        /** Nothing in the first seconds: they are slower than the rest, as every tier is still empty. */
        String eta() {
            return elapsed.compareTo(UNSURE) < 0 ? "" : Dashboard.eta(share(), left());
        }

        private Duration left() {
            long done = answered.issued();
            return done == 0
                    ? Duration.ZERO
                    : Duration.ofMillis((long) (elapsed.toMillis() * ((double) (total - done) / done)));
        }
    }

    /** A bar with its percentage and a count. */
    String progress(double share, String count) {
        return "  " + style.cyan(style.progress(share, PROGRESS_BAR)) + format(" %3.0f %%  ", Math.floor(share * 100))
                + count;
    }

    /** A bar with its percentage, a count, and the time to the end. */
    String progress(double share, String count, Duration left) {
        return progress(share, count) + eta(share, left);
    }

    private static String eta(double share, Duration left) {
        return share >= 1 ? "" : "  ETA " + seconds(left);
    }

    List<String> replay(Moment now) {
        List<String> lines = new ArrayList<>();
        lines.add(progress(now.share(), format("%,d of %,d", now.answered().issued(), now.total())));
        lines.add(format("  %,.0f requests/s", now.perSecond()) + now.eta());
        lines.add("");
        lines.add(style.dim(
                format("  %-13s%11s%9s  %-22s%10s%10s", "answered by", "requests", "share", "", "p50", "p99")));
        for (String line : tiers(now)) {
            lines.add(line);
        }
        lines.add("");
        lines.add(format("  %,.0f loads/s, %s of database time", now.loadsPerSecond(), seconds(now.databaseBusy())));
        lines.add(format(
                "  %,d shared flights: took the answer of another request that came first",
                now.answered().stats().shared()));
        return lines;
    }

    private List<String> tiers(Moment now) {
        List<String> lines = new ArrayList<>();
        TierStats local = now.answered().stats().local();
        lines.add(tier("L1 memory", local.hits(), now, Latencies.LOCAL));
        int depth = 2;
        for (TierStats tier : now.answered().stats().remote()) {
            lines.add(tier("L" + depth++ + " " + tier.name(), tier.hits(), now, tier.name()));
        }
        lines.add(tier("database", now.answered().stats().loads(), now, Latencies.LOAD));
        return lines;
    }

    private String tier(String label, long answers, Moment now, String latency) {
        double share = share(answers, now);
        Latencies.Distribution times = now.latencies().of(latency);
        String bar = style.bar(share, TIER_BAR);
        return format(
                "  %-13s%,11d%7.1f %%  %s%10s%10s",
                label,
                answers,
                share * 100,
                label.startsWith("L") ? style.green(bar) : style.yellow(bar),
                time(times.percentile(50)),
                time(times.percentile(99)));
    }

    private String time(long nanos) {
        return nanos == 0 ? "-" : style.time(nanos);
    }

    /** The same in one line, without the latencies. */
    String logLine(Moment now) {
        StringBuilder line = new StringBuilder(format(
                "%3.0f %%  %,9.0f requests/s  L1 %.1f %%",
                Math.floor(now.share() * 100),
                now.perSecond(),
                100 * share(now.answered().stats().local().hits(), now)));
        int depth = 2;
        for (TierStats tier : now.answered().stats().remote()) {
            line.append(format("  L%d %.1f %%", depth++, 100 * share(tier.hits(), now)));
        }
        return line.append(format(
                        "  loads %.1f %%", 100 * share(now.answered().stats().loads(), now)))
                .append(now.eta())
                .toString();
    }

    /** How the first second went, in one line for each instance. */
    List<String> sideBySide(List<FirstSecond> seconds) {
        List<String> lines = new ArrayList<>();
        lines.add(style.dim(format("  %-24s%-22s%9s%10s%10s", "first second", "L1 hits", "", "p50", "p99")));
        for (FirstSecond second : seconds) {
            lines.add(format(
                    "  %-24s%s%7.1f %%%10s%10s",
                    second.label(),
                    style.green(style.bar(second.localRatio(), 22)),
                    100 * second.localRatio(),
                    style.time(second.p50()),
                    style.time(second.p99())));
        }
        return lines;
    }

    private static double share(long answers, Moment now) {
        long issued = now.answered().issued();
        return issued == 0 ? 0 : (double) answers / issued;
    }

    /** A duration for people: {@code 0.4 s}, {@code 12 s}, {@code 3 min 05 s}. */
    static String seconds(Duration duration) {
        if (duration.toMillis() < 9_950) {
            return format("%.1f s", duration.toMillis() / 1e3);
        }
        long seconds = Math.round(duration.toMillis() / 1e3);
        return seconds < 60 ? seconds + " s" : format("%d min %02d s", seconds / 60, seconds % 60);
    }

    @SuppressWarnings("AnnotateFormatMethod") // would need a dependency for one annotation
    static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
