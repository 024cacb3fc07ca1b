package io.tiercel.cache;

import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ends the calls of a tier that does not keep its own timeout, or that need not be waited for so long. All calls have the same time, so those that began first
 * end first: one queue and one alarm for its head do, instead of a timer for each call. Calls that have ended leave the
 * queue when they reach its head, which in a tier that answers in order is at once. Thread-safe.
 */
final class Deadlines {
    /** A tier's own timer ends a call some 10 ms late. */
    private static final Duration GRACE = Duration.ofMillis(50);

    /** Beyond what timers are late by when nothing is wrong, and short of what a pause of the collector takes. */
    private static final long STALL = TimeUnit.MILLISECONDS.toNanos(25);

    private final String tier;
    private final long timeout;
    private final long nanos;
    private final String what;
    private final Alarm alarm;
    private final TimeSource time;
    private final ConcurrentLinkedQueue<GuardedCall<?>> underWay = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean armed = new AtomicBoolean();
    /** Only its holder takes from the queue. */
    private final ReentrantLock head = new ReentrantLock();

    private Deadlines(String tier, Duration timeout, Duration givenUpAfter, String what, Alarm alarm, TimeSource time) {
        this.tier = tier;
        this.timeout = timeout.toNanos();
        this.nanos = givenUpAfter.toNanos();
        this.what = what;
        this.alarm = alarm;
        this.time = time;
    }

    /** For calls that the tier itself should end at its timeout. */
    static Deadlines behind(String tier, Duration timeout, Alarm alarm, TimeSource time) {
        Duration givenUpAfter = timeout.plus(GRACE);
        return new Deadlines(tier, timeout, givenUpAfter, ", which is beyond its own timeout", alarm, time);
    }

    /** For calls that are not waited for as long as the tier would. */
    static Deadlines before(String tier, Duration timeout, Alarm alarm, TimeSource time) {
        return new Deadlines(tier, timeout, timeout, " (resilience.readTimeout)", alarm, time);
    }

    void watch(GuardedCall<?> call) {
        dropSettled();
        underWay.add(call);
        arm();
    }

    /** Whether a call that ends now ends later than the timers would have ended it, had they run. */
    boolean isStalled(long start, boolean givenUp) {
        return time.nanos() - start > (givenUp ? nanos : timeout) + STALL;
    }

    private void dropSettled() {
        GuardedCall<?> first = underWay.peek();
        if (first == null || !first.isSettled() || !head.tryLock()) {
            return;
        }
        try {
            for (first = underWay.peek(); first != null && first.isSettled(); first = underWay.peek()) {
                underWay.poll();
            }
        } finally {
            head.unlock();
        }
    }

    private void arm() {
        if (armed.get() || !armed.compareAndSet(false, true)) {
            return;
        }
        GuardedCall<?> first = underWay.peek();
        long left = first == null ? nanos : first.start + nanos - time.nanos();
        var unused = alarm.in(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left) + 1), this::sweep);
    }

    private void sweep() {
        try {
            overdue().forEach(call -> call.giveUp(late()));
        } finally {
            armed.set(false);
            if (!underWay.isEmpty()) {
                arm();
            }
        }
    }

    private List<GuardedCall<?>> overdue() {
        List<GuardedCall<?>> overdue = new ArrayList<>();
        head.lock();
        try {
            long now = time.nanos();
            for (GuardedCall<?> first = underWay.peek();
                    first != null && (first.isSettled() || now - first.start >= nanos);
                    first = underWay.peek()) {
                underWay.poll();
                if (!first.isSettled()) {
                    overdue.add(first);
                }
            }
        } finally {
            head.unlock();
        }
        return overdue;
    }

    private TierException late() {
        return new TierException(
                TierException.Kind.TIMEOUT,
                tier + ": no answer within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms" + what
                        + ": the call is given up");
    }
}
