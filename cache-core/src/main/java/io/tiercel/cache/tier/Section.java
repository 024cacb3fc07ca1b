package io.tiercel.cache.tier;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A part of a store's keys for which a {@link ChangeFeed} vouches as a whole: that it has told of every change so far.
 * What somebody knows of a key in it is good as long as the section is still in the same epoch and vouched for; then one
 * comparison of each forgets or keeps a whole part of the store, however many entries that is.
 *
 * <p>Readers look at two fields and nothing else: no lock, no allocation. Thread-safe.
 */
public final class Section {
    private final int index;
    private final AtomicLong epoch = new AtomicLong();
    private volatile long vouchedUntil;

    /**
     * A section nobody vouches for yet.
     *
     * @param now monotonic nanoseconds
     */
    public Section(int index, long now) {
        this.index = index;
        this.vouchedUntil = now;
    }

    /** Its number in its feed, from 0. */
    public int index() {
        return index;
    }

    /** To be read before the store is asked for what shall be kept; moves whenever everything known must be forgotten. */
    public long epoch() {
        return epoch.get();
    }

    /**
     * Whether what was learned in that epoch may still be used.
     *
     * @param now monotonic nanoseconds, as {@link System#nanoTime()}
     */
    public boolean vouches(long epoch, long now) {
        // In this order: who reads the epoch first may find it unmoved, then be held up, and take what is vouched for
        // only since the section was forgotten.
        return now - vouchedUntil < 0 && this.epoch.get() == epoch;
    }

    /** Whether the feed vouches at all at the moment. */
    public boolean isVouched(long now) {
        return now - vouchedUntil < 0;
    }

    /** Makes everything worthless that was learned so far. */
    public void forget() {
        epoch.incrementAndGet();
    }

    /** For feeds: every change that was made until a moment is known, so what is kept may be used until then. */
    public void vouchUntil(long nanos) {
        vouchedUntil = nanos;
    }

    @Override
    public String toString() {
        return "Section[" + index + ", epoch " + epoch + "]";
    }
}
