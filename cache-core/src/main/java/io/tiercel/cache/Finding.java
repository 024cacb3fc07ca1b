package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import org.jspecify.annotations.Nullable;

/**
 * What the remote tiers know of a key: the first value that was of any use, and who failed on the way.
 *
 * @param kind what there is
 * @param entry the value, null but for {@link Kind#VALUE}
 * @param frame the value's stored form, null with it
 * @param occupied with {@link Kind#OUTDATED}, the first bytes of what stands there, enough to tell it from others
 * @param depth index of the tier that had it, -1 if none
 * @param failed bit i is set if remote tier i did not answer
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Finding<V>(
        Kind kind,
        @Nullable Entry<V> entry,
        @Nullable Frame frame,
        byte @Nullable [] occupied,
        int depth,
        long failed) {
    enum Kind {
        /** Nothing. */
        ABSENT,
        /** Somebody else's placeholder: the value is being loaded. */
        LEASED,
        /** A frame that has ended, by its life or by an invalidation of many. */
        OUTDATED,
        /** A value, fresh or stale. */
        VALUE
    }

    static <V> Finding<V> nothing(long failed) {
        return new Finding<>(Kind.ABSENT, null, null, null, -1, failed);
    }

    static <V> Finding<V> leased(int depth, long failed) {
        return new Finding<>(Kind.LEASED, null, null, null, depth, failed);
    }

    static <V> Finding<V> outdated(Frame frame, int depth, long failed) {
        return new Finding<>(Kind.OUTDATED, null, null, frame.header(), depth, failed);
    }

    static <V> Finding<V> value(Entry<V> entry, Frame frame, int depth, long failed) {
        return new Finding<>(Kind.VALUE, entry, frame, null, depth, failed);
    }

    boolean isFreshAt(long now) {
        return entry != null && entry.isFreshAt(now);
    }

    boolean failedAt(int depth) {
        return (failed & 1L << depth) != 0;
    }

    Finding<V> withFailed(long more) {
        return new Finding<>(kind, entry, frame, occupied, depth, failed | more);
    }
}
