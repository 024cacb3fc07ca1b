package io.tiercel.examples.demo;

import java.util.concurrent.TimeUnit;

/** Says yes at most once in a period, so that progress is not shown more often than it can be read. */
final class Pace {
    private final long period;
    private long last;

    Pace(long periodMillis) {
        this.period = TimeUnit.MILLISECONDS.toNanos(periodMillis);
        this.last = System.nanoTime();
    }

    boolean isDue() {
        long now = System.nanoTime();
        if (now - last < period) {
            return false;
        }
        last = now;
        return true;
    }
}
