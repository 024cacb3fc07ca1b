package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * What a warm-up may cost. Immutable: every method returns a changed copy. Whatever limit is reached first ends it.
 *
 * @param maximumKeys keys fetched at most. Default 50,000
 * @param maximumBytes bytes of values fetched at most. Default 256 MiB
 * @param keysPerSecond rate towards the remote tiers. Default 20,000
 * @param batch keys for each bulk read. Default 500
 * @param timeLimit wall-clock time. Default 20 s
 * @param listener is told after each batch, on the thread that runs the warm-up. Default: nobody
 */
public record WarmUpOptions(
        int maximumKeys,
        long maximumBytes,
        int keysPerSecond,
        int batch,
        Duration timeLimit,
        Consumer<WarmUpProgress> listener) {

    /** The defaults above. */
    public static final WarmUpOptions DEFAULTS =
            new WarmUpOptions(50_000, 256L << 20, 20_000, 500, Duration.ofSeconds(20), progress -> {});

    /** Refuses, by name, what is not positive. */
    public WarmUpOptions {
        positive("maximumKeys", maximumKeys);
        positive("maximumBytes", maximumBytes);
        positive("keysPerSecond", keysPerSecond);
        positive("batch", batch);
        CachePolicy.positive("timeLimit", timeLimit);
        requireNonNull(listener, "listener");
    }

    private static void positive(String option, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(option + " must be positive: " + value);
        }
    }

    /** The same with this many keys fetched at most; positive. */
    public WarmUpOptions maximumKeys(int maximumKeys) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }

    /** The same with this many bytes of values fetched at most; positive. */
    public WarmUpOptions maximumBytes(long maximumBytes) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }

    /** The same with this rate towards the remote tiers, in keys per second; positive. */
    public WarmUpOptions keysPerSecond(int keysPerSecond) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }

    /** The same with this many keys for each bulk read; positive. */
    public WarmUpOptions batch(int batch) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }

    /** The same with this limit of wall-clock time; positive. */
    public WarmUpOptions timeLimit(Duration timeLimit) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }

    /** The same with this listener, which is told after each batch and should be quick: the warm-up waits for it. */
    public WarmUpOptions listener(Consumer<WarmUpProgress> listener) {
        return new WarmUpOptions(maximumKeys, maximumBytes, keysPerSecond, batch, timeLimit, listener);
    }
}
