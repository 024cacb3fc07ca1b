package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/**
 * A value as this process knows it, with its ends on this process' monotonic clock. Immutable.
 *
 * <p>A class with fields and not a record behind an interface: L1 keeps millions of them and reads one on every hit.
 */
final class Entry<V> {
    /** Null for the knowledge that there is no value. */
    final @Nullable V value;

    /** Monotonic nanoseconds at which it stops being fresh. Compare by difference. */
    final long freshEnd;

    /** Monotonic nanoseconds at which it must not be used any more. */
    final long hardEnd;

    /** Wall-clock milliseconds of birth, for people. */
    final long bornMillis;

    /** Length of the stored form, 0 if there is none. */
    final int size;

    /** Ended by hand: never served without asking the loader first. */
    final boolean expired;

    final @Nullable String etag;

    Entry(
            @Nullable V value,
            long freshEnd,
            long hardEnd,
            long bornMillis,
            int size,
            boolean expired,
            @Nullable String etag) {
        this.value = value;
        this.freshEnd = freshEnd;
        this.hardEnd = hardEnd;
        this.bornMillis = bornMillis;
        this.size = size;
        this.expired = expired;
        this.etag = etag;
    }

    boolean isFreshAt(long now) {
        return now - freshEnd < 0;
    }

    boolean isUsableAt(long now) {
        return now - hardEnd < 0;
    }

    /** Whether it may be served while it is renewed behind. */
    boolean mayServeWhileRevalidating(long now, long windowNanos) {
        return windowNanos > 0 && !expired && now - freshEnd < windowNanos && isUsableAt(now);
    }

    Entry<V> expiredAt(long now) {
        return isFreshAt(now) || !expired ? new Entry<>(value, now, hardEnd, bornMillis, size, true, etag) : this;
    }

    /** A copy that ends earlier here, for L1 only. */
    Entry<V> endingBy(long latest) {
        if (latest - hardEnd >= 0) {
            return this;
        }
        long fresh = latest - freshEnd < 0 ? latest : freshEnd;
        return new Entry<>(value, fresh, latest, bornMillis, size, expired, etag);
    }
}
