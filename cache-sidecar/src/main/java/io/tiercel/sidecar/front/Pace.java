package io.tiercel.sidecar.front;

import java.util.function.IntSupplier;

/**
 * How fast a warm-up reads: its share of what the fleet may, and less while Redis is slow. When a page takes twice as
 * long as the fastest of the first ones did, the rate is halved; while pages are fast it grows back step by step. So warm-ups
 * give way to who is being served, all pods alike, and nobody has to know how much Redis can take.
 *
 * <p>Confined to one thread; the clock is the caller's, in nanoseconds.
 */
final class Pace {
    private static final int LEARNING = 8;
    /** Below this a difference is noise. */
    private static final double QUICK_NANOS = 2e6;

    private static final double SLOW = 2;
    private static final double STEP = 1.0 / 32;
    private static final double LEAST = 1.0 / 64;
    private static final double SMOOTHING = 0.3;

    private final int rate;
    private final IntSupplier warming;
    private double factor = 1;
    private double baseline = Double.MAX_VALUE;
    private double smoothed;
    private int pages;
    private int sinceCut;
    private int mostWarming = 1;
    private long due;
    private boolean begun;

    /**
     * @param rate keys a second of the whole fleet
     * @param warming how many pods share that now
     */
    Pace(int rate, IntSupplier warming) {
        this.rate = rate;
        this.warming = warming;
    }

    /** Keys a second now. The share does not grow again: who is ready is not counted any more, but may still read. */
    double rate() {
        mostWarming = Math.max(mostWarming, warming.getAsInt());
        return Math.max(1, factor * rate / mostWarming);
    }

    /** How long to wait before the next page, 0 for not at all. */
    long pause(long now) {
        return begun ? Math.max(0, due - now) : 0;
    }

    /** A page of so many keys is sent now. */
    void sent(int keys, long now) {
        // Time that was not used is lost: what was saved up would be a burst.
        long from = begun && due - now > 0 ? due : now;
        begun = true;
        due = from + (long) (keys * 1e9 / rate());
    }

    /** A page was answered. */
    void answered(long nanos) {
        pages++;
        sinceCut++;
        if (pages <= LEARNING) {
            baseline = Math.min(baseline, Math.max(QUICK_NANOS, (double) nanos));
            smoothed = nanos;
            return;
        }
        smoothed += SMOOTHING * (nanos - smoothed);
        if (smoothed <= SLOW * baseline) {
            factor = Math.min(1, factor + STEP);
        } else if (sinceCut > 3) {
            // Not for each page that was under way already.
            sinceCut = 0;
            factor = Math.max(LEAST, factor / 2);
        }
    }
}
