package io.tiercel.failure.matrix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows and what was measured, as Markdown and as CSV. */
final class Table {
    /** In the documentation, what stands between them is written by the tests. */
    static final String BEGIN = "<!-- matrix: begin -->";

    static final String END = "<!-- matrix: end -->";

    private static final String HEAD = """
            | fault | promised | reads answered | L1 misses: before, p99 | first second, p99 / max | later, p99 / max | L1 hits p99 | oldest answer | writes accepted / failed | loads | servers' own time | recovery | |
            |---|---|---|---|---|---|---|---|---|---|---|---|---|
            """;

    private final Map<Row, Measured> rows = new LinkedHashMap<>();

    void add(Row row, Measured measured) {
        rows.put(row, measured);
    }

    void write(Path target) throws IOException {
        Files.createDirectories(target);
        Files.writeString(target.resolve("failure-matrix.md"), markdown());
        Files.writeString(target.resolve("failure-matrix.csv"), csv());
    }

    /** Puts the table between the markers of the document. */
    void writeInto(Path document) throws IOException {
        String text = Files.readString(document);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(document + " lacks the markers");
        }
        Files.writeString(
                document, text.substring(0, begin + BEGIN.length()) + "\n" + markdown() + text.substring(end));
    }

    String markdown() {
        StringBuilder text = new StringBuilder(HEAD);
        rows.forEach((row, measured) -> text.append("| ")
                .append(String.join(" | ", cells(row, measured)))
                .append(" |\n"));
        return text.toString();
    }

    /** A number beyond its limit is bold. */
    private static List<String> cells(Row row, Measured m) {
        Limits limits = row.limits();
        List<String> notes = new ArrayList<>(m.remarks());
        m.broken().forEach(broken -> notes.add("**" + broken + "**"));
        if (m.missing() != null) {
            notes.add("**" + m.missing() + "**");
        }
        if (m.monotonic() > 0) {
            notes.add(m.monotonic() + " reads older than one before");
        }
        m.readErrors().forEach((error, count) -> notes.add("**" + count + " reads: " + error + "**"));
        return List.of(
                row.name(),
                limits.text(),
                String.format(Locale.ROOT, "%s of %,d", m.failedReads() == 0 ? "all" : "**not all**", m.reads()),
                m.healthy().count() == 0 ? "–" : Texts.ofNanos(m.healthy().p99()),
                latency(limits.first(), m.first(), m.healthy()),
                latency(limits.later(), m.later(), m.healthy()),
                m.hot().count() == 0 ? "–" : marked(limits.hot(), m.hot().p99()),
                limits.stale() == null && m.oldestNanos() == 0 ? "–" : marked(limits.stale(), m.oldestNanos()),
                writes(limits, m),
                Long.toString(m.loads()),
                m.serversNanos() < 100_000_000 ? "–" : Texts.ofNanos(m.serversNanos()),
                m.recoveryNanos() < 0
                        ? "**none**"
                        : limits.recovery() == null ? "–" : marked(limits.recovery(), m.recoveryNanos()),
                String.join("; ", notes));
    }

    private static String writes(Limits limits, Measured m) {
        return limits.writes() == Limits.Writes.NONE
                ? "–"
                : (m.puts().accepted() + m.removals().accepted()) + " / "
                        + (m.puts().failed() + m.removals().failed());
    }

    /** A machine on which the same reads took longer before the fault says nothing about the fault. */
    private static String latency(@Nullable Duration limit, Latency latency, Latency healthy) {
        Duration judged = latency.p99() <= healthy.p99() ? null : limit;
        return latency.count() == 0 ? "–" : marked(judged, latency.p99()) + " / " + Texts.ofNanos(latency.max());
    }

    private static String marked(@Nullable Duration limit, long nanos) {
        String text = Texts.ofNanos(nanos);
        return limit != null && nanos > limit.toNanos() ? "**" + text + "**" : text;
    }

    private String csv() {
        StringBuilder text = new StringBuilder(
                "fault,promised,reads,failed_reads,healthy_p50_us,healthy_p99_us,healthy_max_us,first_p50_us,first_p99_us,first_max_us,later_p50_us,later_p99_us,"
                        + "later_max_us,hot_p50_us,hot_p99_us,hot_max_us,oldest_ms,older_than_before,foreign,puts_accepted,"
                        + "puts_failed,removals_accepted,removals_failed,loads,servers_ms,recovery_ms\n");
        rows.forEach((row, m) -> {
            List<Object> cells = new ArrayList<>();
            cells.add('"' + row.name() + '"');
            cells.add('"' + row.limits().text() + '"');
            cells.add(m.reads());
            cells.add(m.failedReads());
            for (Latency latency : List.of(m.healthy(), m.first(), m.later(), m.hot())) {
                cells.add(latency.p50() / 1_000);
                cells.add(latency.p99() / 1_000);
                cells.add(latency.max() / 1_000);
            }
            cells.add(m.oldestNanos() / 1_000_000);
            cells.add(m.monotonic());
            cells.add(m.foreign());
            cells.add(m.puts().accepted());
            cells.add(m.puts().failed());
            cells.add(m.removals().accepted());
            cells.add(m.removals().failed());
            cells.add(m.loads());
            cells.add(m.serversNanos() / 1_000_000);
            cells.add(m.recoveryNanos() < 0 ? -1 : m.recoveryNanos() / 1_000_000);
            text.append(String.join(",", cells.stream().map(String::valueOf).toList()))
                    .append('\n');
        });
        return text.toString();
    }
}
