package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.RateStatus;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This pod's part of the fleet's rate limit, for while Redis cannot be asked: a bucket of its own at the limit divided by
 * the number of pods. It begins with its part of what was last known to be in the fleet's bucket, and what was taken from
 * it is paid to the fleet's afterwards. So an outage adds no tokens: neither when it begins nor when it ends.
 *
 * <p>Shared by the event loops of a pod, each of which finds out for itself that Redis cannot be asked. Thread-safe; the
 * lock is taken when that changes.
 */
final class FleetShare {
    /** After this, what was seen of the fleet's bucket says nothing any more: others have taken from it. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final RateLimiter own = new RateLimiter();
    private final ReentrantLock lock = new ReentrantLock();
    private final LongAdder asks = new LongAdder();
    private final LongAdder failures = new LongAdder();

    private volatile IntSupplier pods = () -> 1;
    private volatile @Nullable Seen seen;
    private volatile String fallback = "";
    // Under the lock.
    private int loopsWithout;
    /** When the bucket would be full again without what is still to be paid. */
    private long settled;

    private record Seen(long left, long at) {}

    /** Sets what tells how many pods there are. */
    void pods(IntSupplier pods) {
        this.pods = pods;
    }

    /** How many pods share the limit, at least 1. */
    int pods() {
        return Math.max(1, pods.getAsInt());
    }

    /** Redis was asked. */
    void asked() {
        asks.increment();
    }

    /** So many tokens were left in the fleet's bucket. */
    void saw(long left, long now) {
        seen = new Seen(left, now);
    }

    /** A loop that cannot ask Redis, from now on until {@link #with}. */
    void without(RateSettings settings, String why, long now) {
        failures.increment();
        lock.lock();
        try {
            loopsWithout++;
            if (loopsWithout == 1) {
                settled = now + RateLimiter.depth(settings) - worth(settings, now);
                own.fullAt(settled);
                fallback = why;
            }
        } finally {
            lock.unlock();
        }
    }

    /** How long, in nanoseconds, what is in the fleet's bucket would have taken to come. */
    private long worth(RateSettings settings, long now) {
        Seen last = seen;
        if (last == null || now - last.at() > FRESH_NANOS) {
            return 0;
        }
        return Math.min(RateLimiter.depth(settings), last.left() * RateLimiter.perToken(settings));
    }

    /** A loop that can ask Redis again, and takes no more from {@link #take}. */
    void with() {
        lock.lock();
        try {
            loopsWithout--;
            if (loopsWithout == 0) {
                fallback = "";
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * How many tokens that were taken here are to be taken from the fleet's bucket now: those that are still missing here
     * and have not been paid.
     */
    long pay(RateSettings settings, long now) {
        lock.lock();
        try {
            // What was missing at the beginning is missing from the fleet's own as well.
            long paid = Math.max(settled, now);
            long unit = RateLimiter.perToken(settings) * pods();
            long tokens = Math.max(0, Math.min(own.fullAt() - now, RateLimiter.depth(settings)) - (paid - now)) / unit;
            settled = paid + tokens * unit;
            return tokens;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a token of this pod's own, as {@link RateLimiter#take}. */
    long take(RateSettings settings, long now) {
        return own.takeShare(settings, pods(), now);
    }

    /** For operators. */
    RateStatus status() {
        return new RateStatus(pods(), fallback, asks.sum(), failures.sum());
    }
}
