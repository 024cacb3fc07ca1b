package io.tiercel.coherence;

import java.util.concurrent.TimeUnit;

/**
 * How long this JVM was not given the processor, at worst: a thread that sleeps a little and looks how late it wakes. On a
 * machine that stalls for as long as a bound, a broken bound says nothing of the cache.
 */
final class Hiccups implements AutoCloseable {
    private static final long NAP_MILLIS = 10;

    private final Thread thread = new Thread(this::run, "hiccups");
    private volatile long largest;
    private volatile boolean closed;

    Hiccups() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long last = System.nanoTime();
        while (!closed) {
            try {
                Thread.sleep(NAP_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            largest = Math.max(largest, now - last - TimeUnit.MILLISECONDS.toNanos(NAP_MILLIS));
            last = now;
        }
    }

    long largestNanos() {
        return largest;
    }

    @Override
    public void close() {
        closed = true;
    }
}
