package io.tiercel.cache;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Keeps a value that was read or loaded before a write from landing after it. Whoever reads takes a ticket first; a
 * write or an invalidation moves the counter of its key; a ticket whose counter has moved installs nothing.
 *
 * <p>Counters are striped: two keys that share one cost each other a fill now and then, never a wrong value. Thread-safe.
 */
final class Fences {
    private static final int STRIPES = 4_096;

    private final AtomicIntegerArray counters = new AtomicIntegerArray(STRIPES);

    /** A ticket for a key, to be taken before anything is read that may end in a tier. */
    long open(Object key) {
        int stripe = stripe(key);
        return ticket(stripe, counters.get(stripe));
    }

    /** Whether nobody wrote or invalidated the key, or a neighbour, since the ticket was taken. */
    boolean holds(long ticket) {
        return counters.get((int) (ticket >>> 32)) == (int) ticket;
    }

    /** Makes every ticket for the key worthless, and returns a new one. */
    long advance(Object key) {
        int stripe = stripe(key);
        return ticket(stripe, counters.incrementAndGet(stripe));
    }

    /**
     * Moves on, and tells whether nobody else did since the ticket was taken. Two writes of one key that overlap both
     * learn of it: the first to end by this, the second since its ticket no longer holds.
     */
    boolean advanceFrom(long ticket) {
        return counters.getAndIncrement((int) (ticket >>> 32)) == (int) ticket;
    }

    private static long ticket(int stripe, int count) {
        return (long) stripe << 32 | count & 0xFFFF_FFFFL;
    }

    private static int stripe(Object key) {
        int h = key.hashCode() * 0x9E3779B9;
        return h >>> 20;
    }
}
