package io.tiercel.examples.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** How fast a count grew over the last two seconds. Not thread-safe. */
final class Rate {
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(2);

    private record Point(long nanos, long count) {}

    private final Deque<Point> points = new ArrayDeque<>();

    /** Takes down the count at a time, and tells how much it grows in a second. */
    double perSecond(long nanos, long count) {
        points.addLast(new Point(nanos, count));
        while (points.size() > 2 && nanos - points.getFirst().nanos() > WINDOW) {
            points.removeFirst();
        }
        Point first = points.getFirst();
        long elapsed = nanos - first.nanos();
        return elapsed <= 0 ? 0 : (count - first.count()) * 1e9 / elapsed;
    }
}
