package io.tiercel.coherence;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tiercel.coherence.FaultLog.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The table at the end, also in {@code target/history-report.md}: one row for each history. */
final class Report {
    private static final String HEADER = "| history | seed | ops | L1 hits | L2 hits | L3 hits | loads | failed writes"
            + " | age healthy | age in fault | age healed | beyond 1 s | ryw | monotonic | stale | resurrected | integrity"
            + " | unavailable | not converged | excused | verdict |";

    private static boolean begun;

    private final List<Verdict> verdicts = new ArrayList<>();

    void add(Verdict verdict) {
        verdicts.add(verdict);
    }

    void write(String title) throws IOException {
        if (verdicts.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>();
        lines.add("## " + title);
        lines.add("");
        lines.add(HEADER);
        lines.add(HEADER.replaceAll("[^|]+", "---"));
        verdicts.forEach(verdict -> lines.add(row(verdict)));
        lines.add("");
        lines.add(String.format(
                "%,d L1 hits in %,.0f s.",
                verdicts.stream().mapToLong(v -> v.tally().l1()).sum(),
                verdicts.stream().mapToLong(v -> v.end() - v.history().begin()).sum() / 1e9));
        String text = String.join("\n", lines) + "\n\n";
        System.out.print(text);
        Path file = Run.target().resolve("history-report.md");
        Files.writeString(file, text, CREATE, WRITE, begun ? APPEND : TRUNCATE_EXISTING);
        begun = true;
    }

    private static String row(Verdict verdict) {
        Findings findings = verdict.findings();
        Tally tally = verdict.tally();
        List<String> cells = new ArrayList<>();
        cells.add(verdict.name());
        cells.add(Long.toString(verdict.seed()));
        for (long number : new long[] {
            verdict.operations(), tally.l1(), tally.l2(), tally.l3(), tally.loads(), verdict.failedWrites()
        }) {
            cells.add(String.format("%,d", number));
        }
        for (Phase phase : Phase.values()) {
            cells.add(String.format("%,.0f ms", findings.largestAgeNanos(phase) / 1e6));
        }
        cells.add(Long.toString(findings.late()));
        for (Check check : Check.values()) {
            cells.add(verdict.count(check));
        }
        cells.add(Long.toString(findings.excused()));
        cells.add(verdict.keeps(Set.of(Check.values())) ? "PASS" : "FAIL");
        return "| " + String.join(" | ", cells) + " |";
    }
}
