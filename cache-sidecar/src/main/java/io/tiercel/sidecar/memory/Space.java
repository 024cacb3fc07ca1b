package io.tiercel.sidecar.memory;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;

/**
 * The keys of one database, in the order of their hashes, so that SCAN can say with one number how far it is. To flush a
 * database is to give it another space. Kept in step with the map by {@link Store}, which adds and removes a key while
 * the map holds it; others read.
 */
final class Space {
    private final int id;
    private final ConcurrentSkipListSet<MemoryKey> keys = new ConcurrentSkipListSet<>();
    private final LongAdder count = new LongAdder();

    /** @param id unlike that of any other space */
    Space(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    void add(MemoryKey key) {
        if (keys.add(key)) {
            count.increment();
        }
    }

    void remove(MemoryKey key) {
        if (keys.remove(key)) {
            count.decrement();
        }
    }

    /** How many keys there are; those that have expired count until they are removed. */
    long count() {
        return count.sum();
    }

    /** All keys in order; weakly consistent: those that are there throughout are met. */
    Iterable<MemoryKey> all() {
        return keys;
    }

    /** The keys whose order is at least this, in order. */
    Iterable<MemoryKey> from(long order) {
        return order > MemoryKey.MOST_ORDER ? Set.of() : keys.tailSet(MemoryKey.beforeAll(this, order), true);
    }
}
