package io.tiercel.coherence;

import io.tiercel.coherence.FaultLog.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history and says which of its reads break a promise, key by key. What it takes for granted: versions of a key
 * are ordered by the database, and all times come from one clock.
 *
 * <p>A write that failed may have happened or not, so it obliges nobody. Neither does one that a failover may have lost;
 * a read that breaks a promise only because of such a one is counted as excused.
 */
final class Checker {
    private final History history;
    private final Findings findings = new Findings();

    private Checker(History history) {
        this.history = history;
    }

    static Findings check(History history) {
        Checker checker = new Checker(history);
        Map<Integer, List<Event>> byKey = new HashMap<>();
        for (Event event : history.events()) {
            byKey.computeIfAbsent(event.key(), k -> new ArrayList<>()).add(event);
        }
        byKey.forEach(checker::checkKey);
        return checker.findings;
    }

    private void checkKey(int key, List<Event> events) {
        long[] since = history.since().get(key);
        int newest = since.length - 1;
        Acknowledged acknowledged = new Acknowledged();
        Map<Integer, Acknowledged> own = new HashMap<>();
        Map<Integer, List<Event>> byInstance = new HashMap<>();
        for (Event event : events) {
            if (event.isAcknowledgedWrite()) {
                acknowledged.add(event);
                own.computeIfAbsent(event.instance(), i -> new Acknowledged()).add(event);
            } else if (event.op().isRead()) {
                byInstance
                        .computeIfAbsent(event.instance(), i -> new ArrayList<>())
                        .add(event);
            }
        }
        Event[] newer = acknowledged.firstNewer(newest, w -> !history.mayBeLost(w));
        Event[] newerOrLost = acknowledged.firstNewer(newest, w -> true);
        byInstance.forEach((instance, reads) -> {
            reads.removeIf(read -> !hasIntegrity(read, since));
            Event[] newerOwn =
                    own.getOrDefault(instance, new Acknowledged()).firstNewer(newest, w -> !history.mayBeLost(w));
            reads.sort(Comparator.comparingLong(Event::lastStart));
            for (Event read : reads) {
                if (read.isValue()) {
                    checkOwnWrites(read, newerOwn);
                    checkAge(read, newer, newerOrLost, reads);
                }
                if (read.op().isFinal()) {
                    checkConvergence(read, newest, acknowledged);
                }
            }
            checkMonotonic(reads, acknowledged);
        });
    }

    /** Whether the read may be judged further. */
    private boolean hasIntegrity(Event read, long[] since) {
        if (read.outcome() == Event.Outcome.FAILED
                || (read.outcome() == Event.Outcome.MISS && read.op().loads())) {
            violated(Check.AVAILABILITY, read, null, false);
            return read.op().isFinal();
        }
        boolean foreign = read.outcome() == Event.Outcome.FOREIGN;
        boolean fromTheFuture = read.isValue()
                && (read.version() < 1 || read.version() >= since.length || since[read.version()] - read.end() > 0);
        if (foreign || fromTheFuture) {
            violated(Check.INTEGRITY, read, null, false);
            return false;
        }
        return true;
    }

    private void checkOwnWrites(Event read, Event[] newerOwn) {
        Event missed = newerOwn[read.version()];
        if (missed != null && missed.end() - read.lastStart() <= 0) {
            violated(Check.READ_YOUR_WRITES, read, missed, false);
        }
    }

    private void checkAge(Event read, Event[] newer, Event[] newerOrLost, List<Event> reads) {
        Phase phase = history.faults().phase(read.lastStart());
        Event missed = newer[read.version()];
        long age = age(read, missed);
        findings.read(read, phase, age);
        if (age > Phase.HEALTHY.bound.toNanos() && !history.faults().wasPaused(read.instance(), read.lastStart())) {
            findings.late(read, phase);
        }
        if (age > phase.bound.toNanos()) {
            violated(Check.STALENESS, read, missed, false);
            if (hadForgotten(read, missed, reads)) {
                violated(Check.RESURRECTION, read, missed, false);
            }
        } else if (age(read, newerOrLost[read.version()]) > phase.bound.toNanos()) {
            findings.excuse(read);
        }
    }

    private static long age(Event read, @Nullable Event missed) {
        return missed == null ? 0 : Math.max(0, read.lastStart() - missed.end());
    }

    /** Whether the instance had, between the missed write and this read, answered with nothing or something newer. */
    private static boolean hadForgotten(Event read, @Nullable Event missed, List<Event> reads) {
        for (Event other : reads) {
            if (other.lastStart() - read.lastStart() >= 0) {
                return false;
            }
            boolean between = missed != null && other.start() - missed.end() > 0 && other.end() - read.lastStart() <= 0;
            if (between && (other.outcome() == Event.Outcome.MISS || other.version() > read.version())) {
                return true;
            }
        }
        return false;
    }

    /** The reads of one instance, by their start. */
    private void checkMonotonic(List<Event> reads, Acknowledged acknowledged) {
        PriorityQueue<Event> ending = new PriorityQueue<>(Comparator.comparingLong(Event::end));
        Event newest = null;
        for (Event read : reads) {
            if (!read.isValue()) {
                continue;
            }
            for (Event ended = ending.peek();
                    ended != null && ended.end() - read.lastStart() <= 0;
                    ended = ending.peek()) {
                ending.remove();
                if (newest == null || ended.version() > newest.version()) {
                    newest = ended;
                }
            }
            if (newest != null && read.version() < newest.version()) {
                violated(Check.MONOTONIC_READS, read, newest, acknowledged.get(newest.version()) == null);
            }
            if (!mayBeLost(acknowledged.get(read.version()))) {
                ending.add(read);
            }
        }
    }

    private void checkConvergence(Event read, int newest, Acknowledged acknowledged) {
        boolean missAllowed = read.op() == Event.Op.FINAL_LOOK;
        if (read.outcome() == Event.Outcome.MISS ? missAllowed : read.version() == newest) {
            return;
        }
        boolean lost = true;
        boolean failed = true;
        for (int version = read.version() + 1; version <= newest; version++) {
            Event write = acknowledged.get(version);
            lost &= mayBeLost(write);
            failed &= write == null || mayBeLost(write);
        }
        if (lost && read.isValue()) {
            findings.excuse(read);
        } else {
            violated(Check.CONVERGENCE, read, acknowledged.get(newest), failed);
        }
    }

    private boolean mayBeLost(@Nullable Event write) {
        return write != null && history.mayBeLost(write);
    }

    private void violated(Check check, Event read, @Nullable Event missed, boolean afterFailedWrite) {
        findings.add(new Violation(
                check, history.faults().phase(read.lastStart()), read, missed, age(read, missed), afterFailedWrite));
    }
}
