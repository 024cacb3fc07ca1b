package io.tiercel.cache.fleet.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/**
 * The smallest value of the last while, of a value that holds until the next one. A fixed number of slices, each with the
 * smallest value that held within it, so that memory does not depend on how often values come; the oldest slice lies partly
 * before the window, so the minimum is taken over up to a sixtieth more than asked for, never over less.
 *
 * <p>Not thread-safe.
 */
final class RollingMinimum {
    private static final int SLICES = 60;

    private final long sliceMillis;
    private final long windowMillis;
    private final long staleMillis;
    private final double[] minima = new double[SLICES + 2];

    private long slice = Long.MIN_VALUE;
    private long firstMillis;
    private long lastMillis;
    private double last = Double.NaN;

    RollingMinimum(Duration window, Duration staleAfter) {
        this.windowMillis = window.toMillis();
        this.sliceMillis = Math.max(1, (windowMillis + SLICES - 1) / SLICES);
        this.staleMillis = staleAfter.toMillis();
    }

    /** A value at a time; one that is before the last one's counts as of then. */
    void add(double value, Instant at) {
        long now = isEmpty() ? at.toEpochMilli() : Math.max(lastMillis, at.toEpochMilli());
        if (isEmpty() || now - lastMillis > staleMillis) {
            firstMillis = now;
            slice = now / sliceMillis;
            Arrays.fill(minima, Double.POSITIVE_INFINITY);
        } else {
            advance(now);
        }
        int place = place(slice);
        minima[place] = Math.min(minima[place], value);
        last = value;
        lastMillis = now;
    }

    /** Whether there is no value that still holds. */
    boolean isStale(Instant at) {
        return isEmpty() || at.toEpochMilli() - lastMillis > staleMillis;
    }

    /** Whether there have been values all through the window. */
    boolean isFull(Instant at) {
        return Math.max(lastMillis, at.toEpochMilli()) - firstMillis >= windowMillis;
    }

    double last() {
        return last;
    }

    /** Of the window that ends then; only of what is not {@linkplain #isStale stale}. */
    double minimum(Instant at) {
        long now = Math.max(lastMillis, at.toEpochMilli());
        advance(now);
        double minimum = last;
        for (long s = slice; s >= (now - windowMillis) / sliceMillis; s--) {
            minimum = Math.min(minimum, minima[place(s)]);
        }
        return minimum;
    }

    /** The last value holds in every slice that has begun since. */
    private void advance(long millis) {
        long to = millis / sliceMillis;
        for (long s = Math.max(slice + 1, to - minima.length + 1); s <= to; s++) {
            minima[place(s)] = last;
        }
        slice = Math.max(slice, to);
    }

    private int place(long s) {
        return (int) Math.floorMod(s, (long) minima.length);
    }

    private boolean isEmpty() {
        return slice == Long.MIN_VALUE;
    }
}
