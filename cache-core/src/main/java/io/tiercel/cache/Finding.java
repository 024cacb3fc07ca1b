package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import org.jspecify.annotations.Nullable;

/**
 * What the remote tiers know of a key: the first frame that was of any use, and who failed on the way.
 *
 * @param entry null if no tier had anything
 * @param frame the entry's stored form, null with it
 * @param depth index of the tier that had it
 * @param failed bit i is set if remote tier i did not answer
 */
record Finding<V>(@Nullable Entry<V> entry, @Nullable Frame frame, int depth, long failed) {
    static <V> Finding<V> nothing(long failed) {
        return new Finding<>(null, null, -1, failed);
    }

    boolean isFreshAt(long now) {
        return entry != null && entry.isFreshAt(now);
    }
}
