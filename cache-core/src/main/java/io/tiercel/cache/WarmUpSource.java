package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Which keys a new instance should hold before its first request, the hottest first: those of another instance's
 * {@link TieredCache#hottestKeys}, yesterday's top list, a range of ids.
 *
 * @param <K> the key
 */
@FunctionalInterface
public interface WarmUpSource<K> {
    /** The keys, the hottest first. Called once for each warm-up, on the thread that asked for it. */
    List<K> keys();

    /** Just these keys. */
    static <K> WarmUpSource<K> of(List<K> keys) {
        List<K> copy = List.copyOf(requireNonNull(keys, "keys"));
        return () -> copy;
    }
}
