package io.tiercel.benchmarks;

import io.tiercel.benchmarks.peers.LateReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks with one thread and with two, and says how they stand beside Caffeine; or, with {@code feed},
 * what the change feed costs a hit, see {@link FeedRatio}; or, with {@code jetcache}, compares what is left in the tiers
 * after a late read, see {@link LateReader}.
 *
 * <pre>java -jar benchmarks/target/benchmarks.jar [-q] [options of JMH]
 * java -jar benchmarks/target/benchmarks.jar feed [rounds]
 * java -jar benchmarks/target/benchmarks.jar jetcache [rounds]</pre>
 *
 * <p>{@code -q} takes about three minutes instead of twenty-five. Exit code 1: a hit allocates, or costs too much with
 * the change feed on; 2: the arguments are wrong or nothing was measured.
 */
public final class Main {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private Main() {}

    public static void main(String[] args) throws Exception {
        System.exit(run(args));
    }

    private static int run(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("jetcache")) {
            return LateReader.run(List.of(args).subList(1, args.length));
        }
        if (args.length > 0 && args[0].equals("feed")) {
            return FeedRatio.run(List.of(args).subList(1, args.length));
        }
        return measure(args);
    }

    private static int measure(String[] args) throws IOException, RunnerException {
        List<String> forJmh = new ArrayList<>(List.of(args));
        boolean quick = forJmh.removeIf(arg -> arg.equals("-q") || arg.equals("--quick"));
        CommandLineOptions options;
        try {
            options = new CommandLineOptions(forJmh.toArray(String[]::new));
        } catch (CommandLineOptionException e) {
            System.err.println(
                    "benchmarks: " + e.getMessage() + "; known are -q and the options of JMH (-h lists them)");
            return 2;
        }
        if (options.shouldHelp()) {
            options.showHelp();
            return 0;
        }
        Collection<RunResult> results = new ArrayList<>();
        Path folder = Files.createDirectories(folder());
        String stamp = STAMP.format(Instant.now());
        int[] threads = options.getThreads().hasValue()
                ? new int[] {options.getThreads().get()}
                : new int[] {1, 2};
        for (int count : threads) {
            Path json = folder.resolve("local-hit-" + stamp + "-threads" + count + ".json");
            results.addAll(new Runner(builder(options, quick)
                            .threads(count)
                            .addProfiler(GCProfiler.class)
                            .resultFormat(ResultFormatType.JSON)
                            .result(json.toString())
                            .build())
                    .run());
        }
        if (results.isEmpty()) {
            System.err.println("benchmarks: nothing was measured");
            return 2;
        }
        Verdict verdict = Verdict.of(results);
        System.out.println(verdict.table());
        System.out.println("raw results: " + folder.toAbsolutePath() + ", " + stamp);
        verdict.complaints().forEach(System.err::println);
        return verdict.complaints().isEmpty() ? 0 : 1;
    }

    private static OptionsBuilder builder(CommandLineOptions options, boolean quick) {
        OptionsBuilder builder = new OptionsBuilder();
        builder.parent(options);
        if (quick) {
            builder.forks(1)
                    .warmupIterations(2)
                    .warmupTime(TimeValue.seconds(1))
                    .measurementIterations(3)
                    .measurementTime(TimeValue.seconds(1));
        }
        return builder;
    }

    /** Beside the jar that runs, which is in target; else in the working directory. */
    private static Path folder() {
        Path module = Path.of("benchmarks");
        return (Files.isDirectory(module) ? module : Path.of("")).resolve("target/results");
    }
}
