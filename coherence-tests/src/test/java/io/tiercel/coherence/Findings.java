package io.tiercel.coherence;

import io.tiercel.coherence.FaultLog.Phase;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the checker found in one history. Not thread-safe. */
final class Findings {
    private static final int EXAMPLES = 3;

    private final Map<Check, Long> violations = new EnumMap<>(Check.class);
    private final Map<Check, Long> afterFailedWrites = new EnumMap<>(Check.class);
    private final Map<Check, List<Violation>> examples = new EnumMap<>(Check.class);
    private final Map<Phase, Long> largestAge = new EnumMap<>(Phase.class);
    private final Map<Phase, Long> stale = new EnumMap<>(Phase.class);
    private final Map<Phase, Long> late = new EnumMap<>(Phase.class);
    private final Map<Phase, Long> reads = new EnumMap<>(Phase.class);
    private long excused;

    void add(Violation violation) {
        long count = violation.read().count();
        violations.merge(violation.check(), count, Long::sum);
        if (violation.check() == Check.STALENESS) {
            stale.merge(violation.phase(), count, Long::sum);
        }
        if (violation.afterFailedWrite()) {
            afterFailedWrites.merge(violation.check(), count, Long::sum);
        }
        List<Violation> some = examples.computeIfAbsent(violation.check(), c -> new ArrayList<>());
        if (some.size() < EXAMPLES) {
            some.add(violation);
        }
    }

    void excuse(Event read) {
        excused += read.count();
    }

    void read(Event read, Phase phase, long ageNanos) {
        reads.merge(phase, (long) read.count(), Long::sum);
        largestAge.merge(phase, ageNanos, Math::max);
    }

    /** A read that was older than the healthy bound, on an instance whose process ran. */
    void late(Event read, Phase phase) {
        late.merge(phase, (long) read.count(), Long::sum);
    }

    /** Reads that broke the check. */
    long violations(Check check) {
        return violations.getOrDefault(check, 0L);
    }

    /** Those of them that only missed writes which had failed. */
    long afterFailedWrites(Check check) {
        return afterFailedWrites.getOrDefault(check, 0L);
    }

    List<Violation> examples(Check check) {
        return examples.getOrDefault(check, List.of());
    }

    /** Reads that missed only what a failover may have lost. */
    long excused() {
        return excused;
    }

    long reads(Phase phase) {
        return reads.getOrDefault(phase, 0L);
    }

    /** Reads of values older than the phase's bound. */
    long stale(Phase phase) {
        return stale.getOrDefault(phase, 0L);
    }

    /** Reads of values older than the bound of healthy times, on instances whose process ran: within the promise or not. */
    long late(Phase phase) {
        return late.getOrDefault(phase, 0L);
    }

    /** Of all phases. */
    long late() {
        return late.values().stream().mapToLong(Long::longValue).sum();
    }

    long largestAgeNanos(Phase phase) {
        return largestAge.getOrDefault(phase, 0L);
    }
}
