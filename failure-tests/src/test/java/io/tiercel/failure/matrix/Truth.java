package io.tiercel.failure.matrix;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The source that the caches stand before: a version for each key. It knows when each version was acknowledged by the
 * cache, and so how old an answer is. Each key has one writer at a time.
 */
final class Truth {
    /** Keys that nobody writes, and that L1 holds. */
    static final int HOT = 60;
    /** Keys that are written all the time. */
    static final int SHARED = 40;

    private static final int KEYS = HOT + SHARED;
    private static final int VERSIONS = 4_096;
    private static final String SEPARATOR = ":";

    private final AtomicIntegerArray versions = new AtomicIntegerArray(KEYS);
    private final AtomicLongArray acknowledged = new AtomicLongArray(KEYS * VERSIONS);
    private final AtomicInteger cold = new AtomicInteger();
    private final AtomicLong loads = new AtomicLong();

    static String name(int key) {
        return "k" + key;
    }

    /** A key that nobody has asked for yet. */
    String coldName() {
        return "c" + cold.incrementAndGet();
    }

    /** What a loader returns. */
    String load(String name) {
        loads.incrementAndGet();
        return name.startsWith("k") ? value(name, versions.get(Integer.parseInt(name.substring(1)))) : value(name, 0);
    }

    long loads() {
        return loads.get();
    }

    /** Raises the version and returns it, 0 when there is no room for more. */
    int write(int key) {
        return versions.get(key) + 1 < VERSIONS ? versions.incrementAndGet(key) : 0;
    }

    int version(int key) {
        return versions.get(key);
    }

    void acknowledged(int key, int version) {
        acknowledged.set(key * VERSIONS + version, System.nanoTime());
    }

    /** How long before {@code start} the first version after that one had been acknowledged; 0 if there was none. */
    long age(int key, int version, long start) {
        int last = versions.get(key);
        for (int newer = version + 1; newer <= last; newer++) {
            long at = acknowledged.get(key * VERSIONS + newer);
            if (at != 0) {
                return Math.max(0, start - at);
            }
        }
        return 0;
    }

    static String value(String name, int version) {
        return name + SEPARATOR + version;
    }

    /** The version, or -1 if the value was not written for that key. */
    static int versionOf(String name, String value) {
        String prefix = name + SEPARATOR;
        return value.startsWith(prefix) ? Integer.parseInt(value.substring(prefix.length())) : -1;
    }
}
