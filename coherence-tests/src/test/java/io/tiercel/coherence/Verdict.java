package io.tiercel.coherence;

import io.tiercel.coherence.FaultLog.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What came out of a run.
 *
 * @param operations of all threads, each read and write counted
 * @param failedWrites writes of which the application was told that they may not have happened
 * @param largestStallNanos how long the harness' JVM was not given the processor, at worst
 * @param end {@code System.nanoTime()}
 */
record Verdict(
        String name,
        long seed,
        History history,
        Findings findings,
        long operations,
        long failedWrites,
        Tally tally,
        long largestStallNanos,
        long end) {
    private static final int EVENTS_AROUND = 6;

    boolean keeps(Set<Check> checks) {
        return checks.stream().noneMatch(check -> findings.violations(check) > 0);
    }

    /** Prints it, and the first violations of each kind with what happened around them. */
    Verdict print() {
        System.out.printf(
                "  %,d ops; hits L1 %,d, L2 %,d, L3 %,d; loads %,d; tier failures %,d; failed writes %,d;"
                        + " largest stall %,.0f ms; %.0f s%n",
                operations,
                tally.l1(),
                tally.l2(),
                tally.l3(),
                tally.loads(),
                tally.tierFailures(),
                failedWrites,
                largestStallNanos / 1e6,
                (end - history.begin()) / 1e9);
        for (FaultLog.Fault fault : history.faults().faults()) {
            System.out.printf("  fault: %s from %,.0f to %,.0f ms%n", fault.name(), ms(fault.begin()), ms(fault.end()));
        }
        for (Phase phase : Phase.values()) {
            System.out.printf(
                    "  %-7s %,12d reads, largest age %,8.0f ms, %,d beyond the bound of %,d ms, %,d beyond %,d ms%n",
                    phase,
                    findings.reads(phase),
                    findings.largestAgeNanos(phase) / 1e6,
                    findings.stale(phase),
                    phase.bound.toMillis(),
                    findings.late(phase),
                    Phase.HEALTHY.bound.toMillis());
        }
        for (Check check : Check.values()) {
            if (findings.violations(check) > 0) {
                System.out.printf("  BROKEN %s: %s%n", check, count(check));
                findings.examples(check).forEach(this::print);
            }
        }
        System.out.printf(
                "  %s%s%n",
                keeps(Set.of(Check.values())) ? "PASS" : "FAIL",
                findings.excused() == 0
                        ? ""
                        : ", " + findings.excused() + " reads missed only what the failover may have lost");
        return this;
    }

    private double ms(long nanoTime) {
        return (nanoTime - history.begin()) / 1e6;
    }

    String count(Check check) {
        long after = findings.afterFailedWrites(check);
        return findings.violations(check) + (after == 0 ? "" : " (" + after + " after failed writes)");
    }

    private void print(Violation violation) {
        System.out.printf(
                "    %s of %s, %s%s%n",
                violation.check(),
                Settings.key(violation.read().key()),
                violation.phase(),
                violation.missed() == null
                        ? ""
                        : String.format(", %,.0f ms after what it missed", violation.ageNanos() / 1e6));
        for (Event event : around(violation)) {
            System.out.println("      " + history.describe(event) + (event.equals(violation.read()) ? "  <--" : ""));
        }
    }

    /** What it missed, the writes and own reads of the key just before it, and itself. */
    private List<Event> around(Violation violation) {
        Event read = violation.read();
        List<Event> before = history.events().stream()
                .filter(e -> e.key() == read.key() && e.end() - read.end() <= 0)
                .filter(e -> e.op().isWrite() || e.instance() == read.instance())
                .sorted(Comparator.comparingLong(Event::end))
                .collect(Collectors.toCollection(ArrayList::new));
        List<Event> around = new ArrayList<>(before.subList(Math.max(0, before.size() - EVENTS_AROUND), before.size()));
        if (!around.contains(read)) {
            around.add(read);
        }
        Event missed = violation.missed();
        if (missed != null && !around.contains(missed)) {
            around.add(0, missed);
        }
        return around;
    }
}
