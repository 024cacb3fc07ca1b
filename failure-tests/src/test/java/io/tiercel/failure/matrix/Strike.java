package io.tiercel.failure.matrix;

import io.tiercel.failure.matrix.Samples.End;
import io.tiercel.failure.matrix.Samples.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/**
 * Load before, during and after a fault.
 *
 * @param fault what happens
 * @param scripted whether to the scripted Redis, not to the cluster
 * @param hold how long it lasts before it is lifted
 */
record Strike(Fault fault, boolean scripted, Duration hold) implements Row.Play {
    private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    private static final long BEFORE_MILLIS = 600;
    private static final long AFTER_MILLIS = 1_200;

    static Strike on(Fault fault) {
        return new Strike(fault, false, usualHold());
    }

    static Strike script(Fault fault) {
        return new Strike(fault, true, usualHold());
    }

    Strike holding(Duration time) {
        return new Strike(fault, scripted, time);
    }

    private static Duration usualHold() {
        return Duration.ofMillis(Long.getLong("failures.hold", 2_500));
    }

    @Override
    public Measured measure(Backends backends) throws Exception {
        try (Arena arena = new Arena(backends, scripted)) {
            try {
                return measure(arena);
            } finally {
                fault.tidy(arena);
            }
        }
    }

    private Measured measure(Arena arena) throws Exception {
        Recovery recovery = new Recovery(arena);
        Backends.await("a healthy start", () -> recovery.missing() == null);
        Load load = new Load(arena);
        load.start();
        Thread.sleep(BEFORE_MILLIS);
        List<String> remarks = new ArrayList<>();
        long healthy = load.oldestAndReset();
        long loadsBefore = arena.truth().loads();
        long struck = System.nanoTime();
        fault.strike(arena);
        Thread.sleep(hold.toMillis());
        long lifted = System.nanoTime();
        fault.heal(arena);
        long healed = System.nanoTime();
        long loads = arena.truth().loads() - loadsBefore;
        Recovery.End end = recovery.await(healed);
        Thread.sleep(AFTER_MILLIS);
        long oldest = load.oldestAndReset();
        List<String> hung = load.stop();
        remarks.add("healthy: oldest " + Texts.ofNanos(healthy));
        remarks.addAll(arena.remarks());
        return measured(load, hung, struck, lifted, healed, oldest, loads, end, remarks);
    }

    private static Measured measured(
            Load load,
            List<String> hung,
            long struck,
            long lifted,
            long healed,
            long oldest,
            long loads,
            Recovery.End end,
            List<String> remarks) {
        List<Samples> samples = load.samples();
        LongPredicate before = at -> at - struck < 0;
        LongPredicate inFirst = at -> at - struck >= 0 && at - struck < FIRST;
        LongPredicate inLater = at -> at - struck >= FIRST && at - healed < 0;
        LongPredicate inFault = at -> at - struck >= 0 && at - healed < 0;
        LongPredicate since = at -> at - struck >= 0;
        LongPredicate broken = at -> at - struck > FIRST / 5 && at - lifted < -FIRST / 5;
        long reads = 0;
        for (Kind kind : List.of(Kind.HOT, Kind.SHARED, Kind.COLD)) {
            reads += Samples.count(samples, kind, End.OK, since) + Samples.count(samples, kind, End.FAILED, since);
        }
        return new Measured(
                reads,
                load.readErrors(),
                Latency.of(Samples.times(samples, Kind.COLD, before)),
                Latency.of(Samples.times(samples, Kind.COLD, inFirst)),
                Latency.of(Samples.times(samples, Kind.COLD, inLater)),
                Latency.of(Samples.times(samples, Kind.HOT, inFault)),
                oldest,
                load.regressions(),
                load.foreign(),
                writes(samples, Kind.PUT, broken),
                writes(samples, Kind.INVALIDATE, broken),
                load.writeErrors(),
                loads,
                healed - lifted,
                end.nanos(),
                end.missing(),
                List.of(),
                hung,
                remarks);
    }

    private static Measured.Writes writes(List<Samples> samples, Kind kind, LongPredicate when) {
        return new Measured.Writes(
                Samples.count(samples, kind, End.OK, when), Samples.count(samples, kind, End.FAILED, when));
    }
}
