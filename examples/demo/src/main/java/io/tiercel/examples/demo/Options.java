package io.tiercel.examples.demo;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "tiercel demo",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "",
            "Replays a real trace through a cache of three tiers (memory, a Redis Cluster,"
                    + " memcached) in front of a slow database, then adds a cold and a warmed-up instance."
                    + " Starts and stops all servers by itself.",
            ""
        },
        footer = {
            "",
            "A trace may be packed with xz or gzip. Its format is guessed: text if its first"
                    + " 4 KiB are printable ASCII; 64-bit integers if the high halves of all words"
                    + " there are zero; 32-bit integers otherwise.",
            "",
            "Exit code: 0 if every request is accounted for and every answer was right,"
                    + " 1 if not or if the demo could not run, 2 for a wrong option."
        })
final class Options {
    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many requests to replay, from 1 to 1,000,000,000; a shorter trace starts over."
                    + " Default: ${DEFAULT-VALUE}.")
    long requests;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "8",
            description = "How many threads ask, from 1 to 256. Default: ${DEFAULT-VALUE}.")
    int threads;

    @Option(
            names = "--l1",
            paramLabel = "N",
            defaultValue = "7600",
            description = "How many entries L1 holds, from 1 to 10,000,000; a tenth of the trace's keys by default."
                    + " Default: ${DEFAULT-VALUE}.")
    long localEntries;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Another trace than the one that comes with the demo.")
    @Nullable
    Path trace;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "How FILE writes its keys: int32 or int64 (big-endian), or lines (a key a line)."
                    + " Default: guessed.")
    @Nullable
    TraceFormat format;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "What the rows' contents follow from. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(names = "--plain", description = "A log line each second instead of a live view.")
    boolean plain;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this and ends.")
    boolean help;

    @Spec
    @Nullable
    CommandSpec spec;

    /** The trace to replay. Opens it once, so that a wrong name is told before any server is started. */
    Trace openable() {
        if (trace == null) {
            if (format != null) {
                throw refused("--format: only of use with --trace");
            }
            return Trace.bundled();
        }
        Trace chosen = Trace.of(trace, format);
        try (TraceReader reader = chosen.open()) {
            String unused = reader.next();
        } catch (java.io.IOException e) {
            throw refused("--trace: " + e.getMessage());
        }
        return chosen;
    }

    void check() {
        within("--requests", requests, 1, 1_000_000_000);
        within("--threads", threads, 1, 256);
        within("--l1", localEntries, 1, 10_000_000);
    }

    private void within(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw refused(
                    Dashboard.format("%s: expected a number from %,d to %,d, but was %,d", option, least, most, value));
        }
    }

    private ParameterException refused(String message) {
        if (spec == null) {
            throw new IllegalStateException("options that were not parsed: " + message);
        }
        return new ParameterException(spec.commandLine(), message);
    }
}
