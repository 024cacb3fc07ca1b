package io.tiercel.sidecar.coherence;

import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.groupingBy;

import io.tiercel.sidecar.coherence.History.Fault;
import io.tiercel.sidecar.coherence.History.Outcome;
import io.tiercel.sidecar.coherence.History.Read;
import io.tiercel.sidecar.coherence.History.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history and says which reads break which promise. A read that found nothing is taken as having found the newest
 * removal that it may have found, so it breaks something only if there was none it could have.
 *
 * <p>While a sidecar cannot ask Redis it may answer with what is as old as {@code stale-if-down} allows. That is taken to
 * be so from the beginning of a fault of that sidecar until it has had time to connect again, and for no other read.
 */
final class Checker {
    /** What is promised. */
    enum Promise {
        MONOTONIC_READS,
        READ_YOUR_WRITES,
        STALENESS,
        NO_RESURRECTION,
        CONVERGENCE,
        INTEGRITY
    }

    private final History history;
    private final Duration bound;
    private final Duration staleIfDown;
    private final Duration healing;
    private final Duration slack;
    private final Map<Promise, List<String>> broken = new EnumMap<>(Promise.class);
    private long oldestHealthy;
    private long oldestInFault;

    /**
     * @param bound how old a value may be while all is well
     * @param staleIfDown how much older while Redis cannot be asked
     * @param healing how long after a fault's end a sidecar may still be unable to ask Redis
     * @param slack what a busy machine may take on top
     */
    Checker(History history, Duration bound, Duration staleIfDown, Duration healing, Duration slack) {
        this.history = history;
        this.bound = bound;
        this.staleIfDown = staleIfDown;
        this.healing = healing;
        this.slack = slack;
    }

    /** Each broken promise with what broke it. */
    Map<Promise, List<String>> check() {
        Map<Integer, List<Write>> writes = history.writes().stream().collect(groupingBy(Write::key));
        history.reads().stream()
                .collect(groupingBy(Read::key))
                .forEach((key, reads) -> checkKey(writes.getOrDefault(key, List.of()), reads));
        return broken;
    }

    /** The largest age of a value that was read while its sidecar was well, in milliseconds. */
    long oldestHealthyMillis() {
        return oldestHealthy / 1_000_000;
    }

    /** As {@link #oldestHealthyMillis()}, of sidecars in a fault or just after it. */
    long oldestInFaultMillis() {
        return oldestInFault / 1_000_000;
    }

    private void checkKey(List<Write> unsorted, List<Read> reads) {
        Writes writes = new Writes(unsorted);
        Map<Integer, Integer> seen = new HashMap<>();
        Map<Integer, Integer> foundNewer = new HashMap<>();
        for (Read read : reads.stream().sorted(comparingLong(Read::start)).toList()) {
            if (read.outcome() != Outcome.FAILED) {
                checkRead(writes, read, seen, foundNewer);
            }
        }
    }

    private void checkRead(Writes writes, Read read, Map<Integer, Integer> seen, Map<Integer, Integer> foundNewer) {
        int found = read.outcome() == Outcome.OK ? read.version() : writes.newestRemoval(read.end());
        if (read.outcome() == Outcome.OK && !writes.isValue(found, read.end())) {
            broken(Promise.INTEGRITY, read, null);
            return;
        }
        boolean down = mayBeDown(read);
        Write next = writes.acknowledgedAfter(found);
        long age = next == null ? 0 : Math.max(0, read.start() - next.end());
        if (down) {
            oldestInFault = Math.max(oldestInFault, age);
        } else {
            oldestHealthy = Math.max(oldestHealthy, age);
        }
        Duration allowed = bound.plus(slack).plus(down ? staleIfDown : Duration.ZERO);
        if (age > allowed.toNanos()) {
            broken(Promise.STALENESS, read, next);
            if (foundNewer.getOrDefault(read.sidecar(), 0) > found) {
                broken(Promise.NO_RESURRECTION, read, next);
            }
        }
        if (next != null && next.sidecar() == read.sidecar() && age > 0 && !down) {
            broken(Promise.READ_YOUR_WRITES, read, next);
        }
        int before = seen.getOrDefault(read.connection(), 0);
        if (found < before && !down) {
            broken(Promise.MONOTONIC_READS, read, writes.get(before));
        }
        // Nothing may mean any removal, so it obliges to nothing more than the oldest that was possible.
        int sure = read.outcome() == Outcome.NOTHING ? writes.removalFrom(before) : found;
        seen.merge(read.connection(), sure, Math::max);
        foundNewer.merge(read.sidecar(), sure, Math::max);
        // Of a write that failed nobody knows whether it was done; one that was acknowledged must be there.
        if (read.atRest() && next != null) {
            broken(Promise.CONVERGENCE, read, next);
        }
    }

    private boolean mayBeDown(Read read) {
        for (Fault fault : history.faults()) {
            boolean his = fault.sidecar() < 0 || fault.sidecar() == read.sidecar();
            if (his && read.end() >= fault.begin() && read.start() <= fault.end() + healing.toNanos()) {
                return true;
            }
        }
        return false;
    }

    private void broken(Promise promise, Read read, @Nullable Write missed) {
        List<String> all = broken.computeIfAbsent(promise, p -> new ArrayList<>());
        all.add(read + " missed " + missed);
    }
}
