package io.tiercel.examples.demo;

import static io.tiercel.examples.demo.Dashboard.format;

import io.tiercel.cache.WarmUpOptions;
import io.tiercel.cache.WarmUpProgress;
import io.tiercel.cache.WarmUpReport;
import io.tiercel.embedded.ServerStartException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The demo from its first line to its last: the servers, the replay, the scale-out, the sums. */
final class Show {
    private static final int MOST_KEYS = 2_000_000;
    private static final int CONNECTIONS = 4;
    private static final Duration QUERY = Duration.ofNanos(500_000);
    /** Requests in the first second of an instance that joins. */
    private static final int JOIN_RATE = 2_000;

    private final Options options;
    private final Trace trace;
    private final Screen screen;
    private final BooleanSupplier stopped;
    private final Dashboard dashboard;

    Show(Options options, Trace trace, Screen screen, BooleanSupplier stopped) {
        this.options = options;
        this.trace = trace;
        this.screen = screen;
        this.stopped = stopped;
        this.dashboard = new Dashboard(screen.style());
    }

    /** Returns the exit code. */
    int run() {
        try {
            return play();
        } catch (Stopped e) {
            screen.settle();
            screen.say("Stopped.");
            return 1;
        } catch (Exception e) {
            screen.settle();
            screen.say(screen.style().red("The demo could not go on: ") + reason(e));
            return 1;
        }
    }

    private int play() throws Exception {
        title(format("Tiercel: %,d requests of %s", options.requests, trace.name()));
        Set<String> keys = readKeys();
        try (Servers servers = Servers.start();
                SlowDatabase database = SlowDatabase.start(CONNECTIONS);
                Feed feed = new Feed(trace)) {
            for (String line : servers.describe()) {
                screen.say("  " + line);
            }
            fill(database, keys);
            try (Instance first = join("first", servers, database)) {
                replay(first, database, feed);
                return scaleOut(first, servers, database, feed);
            }
        }
    }

    private Set<String> readKeys() throws TraceException {
        long needed = options.requests + JOIN_RATE;
        try (Feed feed = new Feed(trace)) {
            Set<String> keys = feed.distinct(needed, MOST_KEYS);
            screen.say(format(
                    "  trace         %,d different keys; %,d threads ask%s",
                    keys.size(), options.threads, feed.startedOver() ? "; it is shorter and will start over" : ""));
            return keys;
        }
    }

    private void fill(SlowDatabase database, Set<String> keys) throws Exception {
        long start = System.nanoTime();
        int total = keys.size();
        Pace pace = new Pace(screen.period());
        database.fill(keys, options.seed, rows -> {
            checkStopped();
            if (pace.isDue() || rows == total) {
                Duration elapsed = since(start);
                String count = format("%,d of %,d rows", rows, total);
                screen.frame(
                        List.of(dashboard.progress((double) rows / total, count, left(elapsed, rows, total))),
                        "  database      " + count);
            }
        });
        Duration query = database.calibrate(keys, QUERY);
        screen.erase();
        screen.say(format(
                "  database      H2 with %,d rows, %d connections; a look-up alone works for %s",
                total, CONNECTIONS, screen.style().time(query.toNanos())));
    }

    private Instance join(String name, Servers servers, SlowDatabase database) {
        return Instance.join(name, servers.connect(), options.localEntries, database, options.seed);
    }

    private void replay(Instance first, SlowDatabase database, Feed feed) throws Exception {
        screen.say("");
        long start = System.nanoTime();
        Rate requests = new Rate();
        Rate loads = new Rate();
        Replay replay = new Replay(first, feed, options.requests);
        replay.run(options.threads, stopped, screen.period(), () -> {
            news(first);
            long now = System.nanoTime();
            Sums sums = first.sums();
            Dashboard.Moment moment = new Dashboard.Moment(
                    options.requests,
                    sums,
                    first.latencies(),
                    requests.perSecond(now, sums.issued()),
                    loads.perSecond(now, sums.stats().loads()),
                    database.busy(),
                    since(start));
            screen.frame(dashboard.replay(moment), dashboard.logLine(moment));
        });
        screen.settle();
        checkStopped();
    }

    /** All three serve the same next second; the first goes before, so that both newcomers find the same below L1. */
    private int scaleOut(Instance first, Servers servers, SlowDatabase database, Feed feed) throws Exception {
        title(format("Two more instances join, %,d requests each in their first second", JOIN_RATE));
        List<String> hottest = first.hottestKeys((int) options.localEntries);
        List<String> next = feed.take(JOIN_RATE);
        FirstSecond steady = measure(first, "first, as before", next);
        try (Instance second = join("second", servers, database);
                Instance third = join("third", servers, database)) {
            FirstSecond cold = measure(second, "second, joined cold", next);
            warmUp(third, hottest);
            FirstSecond warm = measure(third, "third, warmed up", next);
            screen.say("");
            for (String line : dashboard.sideBySide(List.of(steady, cold, warm))) {
                screen.say(line);
            }
            return verdict(List.of(first, second, third));
        }
    }

    /** Before, the garbage of what came earlier is collected: its pause is nothing that the instance did. */
    private FirstSecond measure(Instance instance, String label, List<String> keys) throws Exception {
        System.gc();
        FirstSecond second = FirstSecond.measure(instance, label, keys, options.threads, stopped);
        news(instance);
        checkStopped();
        return second;
    }

    private void warmUp(Instance instance, List<String> hottest) {
        Pace pace = new Pace(screen.period());
        WarmUpReport report = instance.warmUp(hottest, WarmUpOptions.DEFAULTS.listener(progress -> {
            if (pace.isDue() || progress.keys() == progress.total()) {
                showWarmUp(progress);
            }
        }));
        screen.settle();
        news(instance);
        checkStopped();
        screen.say(format(
                "  %s warmed up in %s: %,d of the first's %,d hottest keys, %,d KiB%s",
                instance.name(),
                Dashboard.seconds(report.elapsed()),
                report.installed(),
                report.offered(),
                report.bytes() / 1024,
                report.failed() == 0 ? "" : format("; %,d could not be read", report.failed())));
    }

    private void showWarmUp(WarmUpProgress progress) {
        String count = format("%,d of %,d keys", progress.keys(), progress.total());
        double share = progress.total() == 0 ? 1 : (double) progress.keys() / progress.total();
        screen.frame(List.of(dashboard.progress(share, count, progress.eta())), "  warm-up: " + count);
    }

    private int verdict(List<Instance> instances) {
        title("Every request is accounted for?");
        List<String> complaints = new ArrayList<>();
        screen.say(screen.style().dim("          " + instances.get(0).sums().terms()));
        for (Instance instance : instances) {
            Sums sums = instance.sums();
            screen.say(format("  %-7s %s", instance.name(), sums.equation()));
            complaints.addAll(sums.complaints());
        }
        for (String complaint : complaints) {
            screen.say(screen.style().red("  NO: ") + complaint);
        }
        if (complaints.isEmpty()) {
            screen.say(screen.style().green("  Yes, and every answer was the row of its key."));
        }
        return complaints.isEmpty() ? 0 : 1;
    }

    private void title(String text) {
        screen.say("");
        screen.say(screen.style().bold(text));
    }

    /** Tells what tiers failed and came back. */
    private void news(Instance instance) {
        for (TierNews.News news : instance.news()) {
            String tier = "  " + instance.name() + ": " + news.tier();
            screen.say(
                    news.cause() != null
                            ? screen.style().red(tier + " failed: ") + shortened(news.cause())
                            : screen.style().green(tier + " answers again after ")
                                    + Dashboard.seconds(news.failedFor()));
        }
    }

    private static String shortened(String text) {
        int most = 50;
        return text.length() <= most ? text : text.substring(0, most - 3) + "...";
    }

    private void checkStopped() {
        if (stopped.getAsBoolean()) {
            throw new Stopped();
        }
    }

    private static String reason(Exception e) {
        boolean forPeople = e instanceof TraceException || e instanceof ServerStartException;
        return forPeople ? String.valueOf(e.getMessage()) : e.toString();
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static Duration left(Duration elapsed, long done, long total) {
        return done == 0 ? Duration.ZERO : elapsed.multipliedBy(total - done).dividedBy(done);
    }

    /** Ctrl-C, at a place where it is easy to leave. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Stopped() {
            super("stopped", null, false, false);
        }
    }
}
