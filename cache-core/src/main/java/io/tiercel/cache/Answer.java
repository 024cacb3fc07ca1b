package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a read ended with.
 *
 * @param value null if there is none
 * @param loaded whether a loader was asked for it
 */
record Answer<V>(@Nullable V value, boolean loaded) {}
