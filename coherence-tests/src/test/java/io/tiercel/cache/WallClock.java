package io.tiercel.cache;

import java.time.Duration;

/** Gives a cache a wall clock that is wrong, as a badly kept machine's would be. */
public final class WallClock {
    private WallClock() {}

    /** The same builder; the cache's monotonic clock stays right. */
    public static <K, V> TieredCacheBuilder<K, V> off(TieredCacheBuilder<K, V> builder, Duration by) {
        long millis = by.toMillis();
        return builder.time(new TimeSource() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long millis() {
                return System.currentTimeMillis() + millis;
            }
        });
    }
}
