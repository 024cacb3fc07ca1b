package io.tiercel.cache;

import java.util.BitSet;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Keeps a value that was read or loaded before a write from landing after it. Whoever reads takes a ticket first; a
 * write or an invalidation moves the counter of its key; a ticket whose counter has moved installs nothing.
 *
 * <p>For L1 the counter is looked at inside the entry's own update. A remote tier has no such moment, so there the order
 * of sending must do: a fill looks at its ticket and sends in one step, during which no counter it depends on moves, and
 * a write moves the counter before it sends. What was sent first over one connection is done first. (Where a store takes
 * another way, a redirect say, that does not hold, and the fill looks once more after it was acknowledged.)
 *
 * <p>Counters are striped: two keys that share one cost each other a fill now and then, never a wrong value. Thread-safe.
 */
final class Fences {
    private static final int STRIPES = 16_384;
    private static final int GATES = 64;

    private final AtomicIntegerArray counters = new AtomicIntegerArray(STRIPES);
    private final ReentrantLock[] gates =
            Stream.generate(ReentrantLock::new).limit(GATES).toArray(ReentrantLock[]::new);

    /** A ticket for a key, to be taken before anything is read that may end in a tier. */
    long open(String key) {
        int stripe = stripe(key);
        return ticket(stripe, counters.get(stripe));
    }

    /** Whether nobody wrote or invalidated the key, or a neighbour, since the ticket was taken. */
    boolean holds(long ticket) {
        return counters.get((int) (ticket >>> 32)) == (int) ticket;
    }

    /** Makes every ticket for the key worthless, and returns a new one. */
    long advance(String key) {
        int stripe = stripe(key);
        ReentrantLock gate = gates[stripe % GATES];
        gate.lock();
        try {
            return ticket(stripe, counters.incrementAndGet(stripe));
        } finally {
            gate.unlock();
        }
    }

    /** As {@link #advance}, for a change that others made: there is no order with what is sent from here. */
    void moved(String key) {
        counters.incrementAndGet(stripe(key));
    }

    /** Makes every ticket worthless. */
    void advanceAll() {
        for (ReentrantLock gate : gates) {
            gate.lock();
        }
        try {
            for (int stripe = 0; stripe < STRIPES; stripe++) {
                counters.incrementAndGet(stripe);
            }
        } finally {
            for (ReentrantLock gate : gates) {
                gate.unlock();
            }
        }
    }

    /**
     * Moves on, and tells whether nobody else did since the ticket was taken. Two writes of one key that overlap both
     * learn of it: the first to end by this, the second since its ticket no longer holds.
     */
    boolean advanceFrom(long ticket) {
        int stripe = (int) (ticket >>> 32);
        ReentrantLock gate = gates[stripe % GATES];
        gate.lock();
        try {
            return counters.getAndIncrement(stripe) == (int) ticket;
        } finally {
            gate.unlock();
        }
    }

    /** Does something short that does not wait, during which no counter of these tickets moves. */
    <T> T whileStill(Collection<Long> tickets, Supplier<T> work) {
        BitSet needed = new BitSet(GATES);
        tickets.forEach(ticket -> needed.set((int) (ticket >>> 32) % GATES));
        // All who take more than one take them in this order.
        needed.stream().forEach(gate -> gates[gate].lock());
        try {
            return work.get();
        } finally {
            needed.stream().forEach(gate -> gates[gate].unlock());
        }
    }

    private static long ticket(int stripe, int count) {
        return ((long) stripe << 32) | (count & 0xFFFF_FFFFL);
    }

    private static int stripe(String key) {
        int h = key.hashCode() * 0x9E3779B9;
        return h >>> 18;
    }
}
