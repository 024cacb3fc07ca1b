package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a read ended with.
 *
 * @param value null if there is none
 * @param loaded whether a loader was asked for it
 * @param tagged whether it carries tags, so that it can be ended by a change to something else than its key
 */
record Answer<V>(@Nullable V value, boolean loaded, boolean tagged) {
    /** From a tier. */
    static <V> Answer<V> of(Entry<V> entry) {
        return new Answer<>(entry.value, false, entry.isTagged());
    }

    /** What is left when a loader failed. */
    static <V> Answer<V> afterFailure(Entry<V> stale) {
        return new Answer<>(stale.value, true, stale.isTagged());
    }
}
