package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How much L1 may hold: a number of entries, or a number of bytes. L1 is always bounded; what it drops stays in the
 * tiers below. Immutable.
 *
 * @param <V> the value
 */
public final class LocalTier<V> {
    private final long maximum;
    private final boolean byBytes;
    private final @Nullable ToIntFunction<? super V> valueBytes;

    private LocalTier(long maximum, boolean byBytes, @Nullable ToIntFunction<? super V> valueBytes) {
        if (maximum <= 0) {
            throw new IllegalArgumentException(
                    (byBytes ? "local.maximumBytes" : "local.maximumSize") + " must be positive: " + maximum);
        }
        this.maximum = maximum;
        this.byBytes = byBytes;
        this.valueBytes = valueBytes;
    }

    /**
     * Bounds L1 by the number of its entries.
     *
     * @param entries positive
     */
    public static <V> LocalTier<V> maximumSize(long entries) {
        return new LocalTier<>(entries, false, null);
    }

    /**
     * Bounds L1 by bytes. A value counts with its encoded size, so the cache needs a codec; about 200 bytes for key and
     * bookkeeping come on top of each.
     *
     * @param bytes positive, and not more than the heap can hold
     */
    public static <V> LocalTier<V> maximumBytes(long bytes) {
        return new LocalTier<>(bytes, true, null);
    }

    /**
     * Bounds L1 by bytes, with the caller's own estimate of what a value takes.
     *
     * @param bytes positive
     * @param valueBytes the size of a value in bytes, zero or more; called once for each entry made
     */
    public static <V> LocalTier<V> maximumBytes(long bytes, ToIntFunction<? super V> valueBytes) {
        return new LocalTier<>(bytes, true, requireNonNull(valueBytes, "valueBytes"));
    }

    /**
     * Bounds L1 by a share of the memory that this process may use: the heap's maximum, or the container's limit if that is
     * smaller. As {@link #maximumBytes(long)} otherwise.
     *
     * @param share above 0, at most 0.8: the rest of the process needs some too
     */
    public static <V> LocalTier<V> shareOfMemory(double share) {
        return maximumBytes(bytes(share));
    }

    /**
     * As {@link #shareOfMemory(double)}, with the caller's own estimate of what a value takes.
     *
     * @param share above 0, at most 0.8
     * @param valueBytes the size of a value in bytes, zero or more; called once for each entry made
     */
    public static <V> LocalTier<V> shareOfMemory(double share, ToIntFunction<? super V> valueBytes) {
        return maximumBytes(bytes(share), valueBytes);
    }

    private static long bytes(double share) {
        if (!(share > 0 && share <= 0.8)) {
            throw new IllegalArgumentException("local.shareOfMemory must be above 0 and at most 0.8: " + share);
        }
        return Math.max(1, (long) (MemoryLimit.bytes() * share));
    }

    long maximum() {
        return maximum;
    }

    boolean byBytes() {
        return byBytes;
    }

    @Nullable
    ToIntFunction<? super V> valueBytes() {
        return valueBytes;
    }
}
