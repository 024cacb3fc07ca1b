package io.tiercel.sidecar.keyspace;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A moment from which on this process is told of every change, and what has to be known to keep values that did not come
 * from Redis but from another pod's memory.
 *
 * <p>Such a value may be older than Redis' by as much as that pod's bound: its feed vouches that all changes made earlier
 * are in it. So nothing is taken from another pod before that bound has passed since this moment. Then a change was made
 * either before this moment, and the other pod's value has it; or after it, and this process is told of it: what has been
 * told of already moved the counters that were noted here, and the value is refused; what is told later drops it then.
 * Nothing need be asked of Redis. It costs those keys that are changed between this moment and the arrival of their
 * values, which are read from Redis instead.
 */
public final class Vouching {
    private final RedisKeyspace keyspace;
    private final long[] epochs;
    private final LocalCopies.Tickets tickets;

    Vouching(RedisKeyspace keyspace, int sections) {
        this.keyspace = keyspace;
        this.epochs = new long[sections];
        // In this order, as for what is read from Redis.
        for (int i = 0; i < sections; i++) {
            epochs[i] = keyspace.sectionAt(i).epoch();
        }
        this.tickets = keyspace.copies().tickets();
    }

    /**
     * Keeps another pod's value, unless something has changed since this moment.
     *
     * @param value the value itself
     * @param lifeMillis how long Redis will keep it, negative for without end
     * @param share of the longest life in memory, from 0 to 1
     * @param heldAt a moment at which the other pod vouched for it, or an earlier one; monotonic nanoseconds
     * @param bound the other pod's
     */
    public boolean keep(Key key, byte[] value, long lifeMillis, double share, long heldAt, Duration bound) {
        var section = keyspace.section(key);
        long epoch = epochs[section.index()];
        long readAt = heldAt - bound.toNanos();
        long left = lifeMillis < 0 ? -1 : TimeUnit.MILLISECONDS.toNanos(lifeMillis) + bound.toNanos();
        Copy copy = LocalCopies.copy(
                LoopKeyspace.framed(value),
                left,
                Math.max(1, (long) (keyspace.l1Nanos() * share)),
                readAt,
                section,
                epoch);
        return section.epoch() == epoch && keyspace.copies().keep(key, tickets.of(key), copy);
    }
}
