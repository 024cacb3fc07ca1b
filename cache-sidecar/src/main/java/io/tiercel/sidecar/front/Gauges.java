package io.tiercel.sidecar.front;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** What the front end counts, over all connections. Thread-safe. */
final class Gauges {
    private static final int DIGITS = 2;
    private static final long LONGEST_MICROS = 60_000_000;
    private static final int PARTS = 6;
    private static final long PART_NANOS = 10_000_000_000L;

    final LongAdder commands = new LongAdder();
    final LongAdder rateLimited = new LongAdder();
    final LongAdder overloaded = new LongAdder();
    final LongAdder protocolErrors = new LongAdder();
    final LongAdder connectionsOpened = new LongAdder();
    final LongAdder connectionsRefused = new LongAdder();
    final LongAdder authFailures = new LongAdder();
    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger queued = new AtomicInteger();
    /** Bytes of replies that clients have not taken yet. */
    final AtomicLong unreadBytes = new AtomicLong();

    final AtomicLong heldBytes = new AtomicLong();

    private final Recorder recorder = new Recorder(LONGEST_MICROS, DIGITS);
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Histogram> parts = new ArrayDeque<>();
    private long partSince = System.nanoTime();

    /** A command took so long; one of {@code weight} that are not all recorded. */
    void took(long nanos, int weight) {
        recorder.recordValueWithCount(Math.min(LONGEST_MICROS, Math.max(0, nanos / 1_000)), weight);
    }

    /** How long commands took in the last minute, in microseconds. */
    Histogram lastMinute() {
        Histogram sum = new Histogram(LONGEST_MICROS, DIGITS);
        lock.lock();
        try {
            long now = System.nanoTime();
            Histogram latest = recorder.getIntervalHistogram();
            if (parts.isEmpty() || now - partSince >= PART_NANOS) {
                parts.addLast(latest);
                partSince = now;
                while (parts.size() > PARTS) {
                    parts.removeFirst();
                }
            } else {
                parts.getLast().add(latest);
            }
            parts.forEach(sum::add);
        } finally {
            lock.unlock();
        }
        return sum;
    }
}
