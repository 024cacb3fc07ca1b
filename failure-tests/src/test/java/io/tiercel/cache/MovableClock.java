package io.tiercel.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A cache's wall clock that a test can set wrong while the cache runs; its monotonic clock stays right. */
public final class MovableClock {
    private final AtomicLong offMillis = new AtomicLong();

    /** The same builder, with this clock. */
    public <K, V> TieredCacheBuilder<K, V> in(TieredCacheBuilder<K, V> builder) {
        return builder.time(new TimeSource() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long millis() {
                return System.currentTimeMillis() + offMillis.get();
            }
        });
    }

    /** From now on it is wrong by that much. */
    public void jump(Duration by) {
        offMillis.addAndGet(by.toMillis());
    }
}
