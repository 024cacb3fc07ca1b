package io.tiercel.sidecar.control;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The last ten minutes of {@link Traffic}, second by second. Thread-safe. */
public final class History {
    /** How many samples are kept. */
    public static final int KEPT = 600;

    /** How far apart they are, in milliseconds. */
    public static final int STEP_MILLIS = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Sample> samples = new ArrayDeque<>(KEPT);
    private @Nullable Traffic before;

    History() {}

    /**
     * What happened within a step: how many more there were than a step ago, and how things stood at its end.
     *
     * @param at the end of the step, in milliseconds since 1970
     * @param errors commands answered with an error, those refused by a limit included
     * @param p50Micros see {@link Traffic}
     * @param p99Micros see {@link Traffic}
     * @param inFlight at the end of the step
     * @param queued at the end of the step
     * @param commands received in that step
     * @param l1Hits keys answered from memory
     * @param l2Hits keys answered by Redis
     * @param l3Hits keys answered by Memcached
     * @param misses keys without a value
     */
    public record Sample(
            long at,
            long commands,
            long l1Hits,
            long l2Hits,
            long l3Hits,
            long misses,
            long errors,
            long p50Micros,
            long p99Micros,
            long inFlight,
            long queued) {}

    void add(long at, Traffic now) {
        lock.lock();
        try {
            Traffic last = before;
            before = now;
            if (last == null) {
                return;
            }
            if (samples.size() == KEPT) {
                samples.removeFirst();
            }
            samples.addLast(new Sample(
                    at,
                    more(last.commands(), now.commands()),
                    more(last.l1Hits(), now.l1Hits()),
                    more(last.l2Hits(), now.l2Hits()),
                    more(last.l3Hits(), now.l3Hits()),
                    more(last.misses(), now.misses()),
                    more(errors(last), errors(now)),
                    now.p50Micros(),
                    now.p99Micros(),
                    now.inFlight(),
                    now.queued()));
        } finally {
            lock.unlock();
        }
    }

    private static long errors(Traffic traffic) {
        return traffic.readErrors() + traffic.writeErrors() + traffic.rateLimited() + traffic.overloaded();
    }

    /** Counters that are summed up from several threads may be seen to go back by a few. */
    private static long more(long before, long now) {
        return Math.max(0, now - before);
    }

    /** What there is, the oldest first; at most {@value #KEPT}. */
    public List<Sample> samples() {
        lock.lock();
        try {
            return List.copyOf(samples);
        } finally {
            lock.unlock();
        }
    }
}
