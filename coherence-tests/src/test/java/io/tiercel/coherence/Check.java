package io.tiercel.coherence;

import java.util.Locale;

/** What is promised, and looked for in every history. */
enum Check {
    /** A read that starts after a write was acknowledged on the same instance returns that write's version or a newer one. */
    READ_YOUR_WRITES,
    /** On one instance, a read that starts after another has ended does not return an older version. */
    MONOTONIC_READS,
    /** No read returns a version although a newer one was acknowledged, anywhere, longer ago than the bound. */
    STALENESS,
    /** Of those, the reads on an instance that had already answered the key with something newer or nothing. */
    RESURRECTION,
    /** A value was written for its key, whole, and its version was in the database by then. */
    INTEGRITY,
    /** No read throws, and none with a loader is without a value: the loader never fails and always has one. */
    AVAILABILITY,
    /** At rest, 5 s after healing, every instance has the database's version or none. */
    CONVERGENCE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
