package io.tiercel.cache.fleet;

import java.util.ArrayDeque;

/**
 * By how many everything is divided: one more counts at once, one less after a while. Who took a share too early would
 * take it from somebody who may only have been late. Not thread-safe.
 */
final class FleetSize {
    private final long holdNanos;
    private final ArrayDeque<Seen> seen = new ArrayDeque<>();
    private int size;

    private record Seen(long at, int count) {}

    FleetSize(int expected, long holdNanos) {
        this.size = expected;
        this.holdNanos = holdNanos;
    }

    int see(int count, long now) {
        // Only what is larger than all that came later can still matter.
        while (!seen.isEmpty() && seen.getLast().count() <= count) {
            seen.removeLast();
        }
        seen.addLast(new Seen(now, count));
        while (seen.size() > 1 && now - seen.getFirst().at() > holdNanos) {
            seen.removeFirst();
        }
        size = Math.max(1, seen.getFirst().count());
        return size;
    }

    int size() {
        return size;
    }
}
