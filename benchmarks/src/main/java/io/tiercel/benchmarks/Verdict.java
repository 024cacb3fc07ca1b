package io.tiercel.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What a run says: a table, and what must not be. A ratio compares with Caffeine with expireAfterWrite of the same run,
 * keys and threads, since figures of two runs differ by what else the machine did.
 */
record Verdict(String table, List<String> complaints) {
    private static final String CONTROL = "caffeineExpireAfterWrite";
    private static final String ALLOCATES_NOTHING = "tiercelGet";
    private static final String WITH_FEED = "tiercelGetWithFeed";
    private static final String WITHOUT_FEED = "tiercelGetWithoutFeed";
    /** How many times what a hit costs it may cost when the change feed is on. */
    private static final double MOST_WITH_FEED = 1.5;
    /** The profiler counts what JMH allocates itself, and spreads it over the operations. */
    private static final double NOISE_BYTES = 0.5;

    private record Row(String name, String keys, int threads, double nanos, double bytes) {
        boolean isControlOf(Row other) {
            return is(CONTROL, other);
        }

        /** Whether it is of that name, with the same keys and threads as the other. */
        boolean is(String name, Row other) {
            return this.name.equals(name) && keys.equals(other.keys) && threads == other.threads;
        }
    }

    static Verdict of(Collection<RunResult> results) {
        List<Row> rows = results.stream().map(Verdict::row).toList();
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%n%-26s %7s %8s %12s %18s %8s%n",
                "benchmark",
                "keys",
                "threads",
                "median ns/op",
                "/ expireAfterWrite",
                "B/op"));
        List<String> complaints = new ArrayList<>();
        for (Row row : rows) {
            OptionalDouble control = rows.stream()
                    .filter(other -> other.isControlOf(row))
                    .mapToDouble(Row::nanos)
                    .findFirst();
            table.append(String.format(
                    Locale.ROOT,
                    "%-26s %7s %8d %12.1f %18s %8.3f%n",
                    row.name(),
                    row.keys(),
                    row.threads(),
                    row.nanos(),
                    control.isPresent() ? String.format(Locale.ROOT, "%.2f", row.nanos() / control.getAsDouble()) : "-",
                    row.bytes()));
            if (row.name().startsWith(ALLOCATES_NOTHING) && !(row.bytes() <= NOISE_BYTES)) {
                complaints.add(String.format(
                        Locale.ROOT,
                        "FAIL %s with %s keys and %d threads: %.3f bytes allocated per hit, at most %.1f expected",
                        row.name(),
                        row.keys(),
                        row.threads(),
                        row.bytes(),
                        NOISE_BYTES));
            }
        }
        feed(rows, table, complaints);
        return new Verdict(table.toString(), complaints);
    }

    private static void feed(List<Row> rows, StringBuilder table, List<String> complaints) {
        for (Row with : rows) {
            for (Row without : rows) {
                if (!with.name().equals(WITH_FEED) || !without.is(WITHOUT_FEED, with)) {
                    continue;
                }
                double ratio = with.nanos() / without.nanos();
                String line = String.format(
                        Locale.ROOT,
                        "%s keys and %d threads: a hit with the change feed takes %.2f times one without, at most %.2f",
                        with.keys(),
                        with.threads(),
                        ratio,
                        MOST_WITH_FEED);
                table.append(line).append(String.format("%n"));
                if (!(ratio <= MOST_WITH_FEED)) {
                    complaints.add("FAIL " + line);
                }
            }
        }
    }

    private static Row row(RunResult result) {
        BenchmarkParams params = result.getParams();
        String name = params.getBenchmark();
        return new Row(
                name.substring(name.lastIndexOf('.') + 1),
                params.getParam("keys"),
                params.getThreads(),
                median(result),
                allocated(result));
    }

    private static double median(RunResult result) {
        double[] scores = result.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection::stream)
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .sorted()
                .toArray();
        int middle = scores.length / 2;
        return scores.length % 2 == 1 ? scores[middle] : (scores[middle - 1] + scores[middle]) / 2;
    }

    /** NaN, which no bound lets pass, if the profiler said nothing. */
    private static double allocated(RunResult result) {
        return result.getSecondaryResults().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("gc.alloc.rate.norm"))
                .map(entry -> (Result<?>) entry.getValue())
                .mapToDouble(Result::getScore)
                .findFirst()
                .orElse(Double.NaN);
    }
}
