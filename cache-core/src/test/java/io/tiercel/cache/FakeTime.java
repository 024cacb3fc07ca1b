package io.tiercel.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Both clocks, moved by the test. */
final class FakeTime implements TimeSource {
    private final AtomicLong nanos = new AtomicLong(System.nanoTime());
    private final AtomicLong millis = new AtomicLong(1_800_000_000_000L);
    final AtomicLong nanoReads = new AtomicLong();

    @Override
    public long nanos() {
        nanoReads.incrementAndGet();
        return nanos.get();
    }

    @Override
    public long millis() {
        return millis.get();
    }

    void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
        millis.addAndGet(by.toMillis());
    }

    /** Sets this instance's wall clock off, as a badly kept machine's would be. */
    void skewWallClock(Duration by) {
        millis.addAndGet(by.toMillis());
    }
}
