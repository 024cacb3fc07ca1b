package io.tiercel.sidecar.keyspace;

import java.util.function.DoubleSupplier;

/** Told of each key that was to be brought into memory, once and on the event loop. */
public interface Bringing {
    /**
     * What became of the key at that place of the list.
     *
     * @param bytes of its value if it is in memory now, else 0
     */
    void brought(int index, Result result, int bytes);

    /** What became of a key. */
    enum Result {
        /** It is in memory. */
        KEPT,
        /** Redis holds no such string. */
        GONE,
        /** It will not live long enough. */
        ENDING,
        /** Its value is too large. */
        LARGE,
        /** It was changed meanwhile. */
        CHANGED,
        /** Redis did not answer. */
        FAILED
    }

    /**
     * What is brought into memory.
     *
     * @param leastLifeMillis what Redis ends sooner is not
     * @param mostBytes a larger value is not
     * @param shares of the longest life in memory, from 0 to 1, asked for each key: what came together must not end
     *     together. Redis' own end is kept to in any case
     */
    record Limits(long leastLifeMillis, int mostBytes, DoubleSupplier shares) {}
}
