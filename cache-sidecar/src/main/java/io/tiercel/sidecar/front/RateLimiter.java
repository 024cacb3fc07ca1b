package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.RateSettings;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket as one number: the moment at which the bucket would be full again if nobody took anything, the
 * theoretical arrival time of the generic cell rate algorithm (ITU-T I.371). Taking a token moves it on by what a token
 * takes to come; it may be as far ahead as the whole bucket takes.
 *
 * <p>Thread-safe, without a lock.
 */
final class RateLimiter {
    private static final long MOST = Long.MAX_VALUE / 4;

    private final AtomicLong fullAt = new AtomicLong(System.nanoTime());

    /**
     * Takes a token.
     *
     * @return 0 if there was one, else after how many milliseconds there will be, at least 1
     */
    long take(RateSettings settings, long now) {
        return settings.requestsPerMinute() == 0 ? 0 : take(perToken(settings), depth(settings), now);
    }

    /** As {@link #take}, of a share of the limit: a bucket as deep in time, into which a token comes as much later. */
    long takeShare(RateSettings settings, int parts, long now) {
        if (settings.requestsPerMinute() == 0) {
            return 0;
        }
        long perToken = perToken(settings) * parts;
        return take(perToken, Math.max(perToken, depth(settings)), now);
    }

    private long take(long perToken, long most, long now) {
        while (true) {
            long before = fullAt.get();
            // What was taken at another rate is a debt of one bucket at most.
            long debt = Math.min(Math.max(before - now, 0), most);
            long after = debt + perToken;
            if (after > most) {
                if (before - now > most) {
                    fullAt.compareAndSet(before, now + most);
                }
                return Math.max(1, TimeUnit.NANOSECONDS.toMillis(after - most));
            }
            if (fullAt.compareAndSet(before, now + after)) {
                return 0;
            }
        }
    }

    /** From now on it is full at that moment. */
    void fullAt(long at) {
        fullAt.set(at);
    }

    /** When it is full if nobody takes anything. */
    long fullAt() {
        return fullAt.get();
    }

    /** How many nanoseconds a token takes to come. */
    static long perToken(RateSettings settings) {
        return TimeUnit.MINUTES.toNanos(1) / settings.requestsPerMinute();
    }

    /** How many nanoseconds a whole bucket takes to come. */
    static long depth(RateSettings settings) {
        long perToken = perToken(settings);
        return settings.burst() > MOST / perToken ? MOST : perToken * settings.burst();
    }
}
