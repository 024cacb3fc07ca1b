package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.Section;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A value as this process knows it, with its ends on this process' monotonic clock, and with what it takes to know that
 * nobody has changed it since. Immutable.
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

    /** Checksum of the stored form, which with the birth tells it from others of its key; 0 if there is none. */
    final int checksum;

    /** Ended by hand: never served without asking the loader first. */
    final boolean expired;

    /** Of a generation that was ended with a grace: served while it is renewed, whatever the policy says. */
    final boolean graced;

    final @Nullable String etag;

    /** The tags by which it may be invalidated, null for none. */
    final Tag @Nullable [] tags;

    /** The state of all tags before the value was read from its source: a tag invalidated later ends the entry. */
    final long stamp;

    /** Whether and when it is renewed before its end; null for not at all. */
    final @Nullable Ahead ahead;

    /** Who vouches that it was not changed; null if nobody has to. */
    private final @Nullable Section section;

    private final long epoch;

    /** Until then it may be used although nobody vouches, as it was read so short a time ago. */
    private final long unwatchedUntil;

    private Entry(
            @Nullable V value,
            long freshEnd,
            long hardEnd,
            long bornMillis,
            int size,
            int checksum,
            boolean expired,
            boolean graced,
            @Nullable String etag,
            Tag @Nullable [] tags,
            long stamp,
            @Nullable Ahead ahead,
            @Nullable Section section,
            long epoch,
            long unwatchedUntil) {
        this.value = value;
        this.freshEnd = freshEnd;
        this.hardEnd = hardEnd;
        this.bornMillis = bornMillis;
        this.size = size;
        this.checksum = checksum;
        this.expired = expired;
        this.graced = graced;
        this.etag = etag;
        this.tags = tags;
        this.stamp = stamp;
        this.ahead = ahead;
        this.section = section;
        this.epoch = epoch;
        this.unwatchedUntil = unwatchedUntil;
    }

    /** A new entry that nobody watches yet. */
    static <V> Entry<V> of(
            @Nullable V value,
            long freshEnd,
            long hardEnd,
            long bornMillis,
            int size,
            int checksum,
            boolean expired,
            @Nullable String etag,
            List<Tag> tags,
            long stamp) {
        Tag[] own = tags.isEmpty() ? null : tags.toArray(Tag[]::new);
        return new Entry<>(
                value,
                freshEnd,
                hardEnd,
                bornMillis,
                size,
                checksum,
                expired,
                false,
                etag,
                own,
                stamp,
                null,
                null,
                0,
                0);
    }

    boolean isFreshAt(long now) {
        return now - freshEnd < 0;
    }

    boolean isUsableAt(long now) {
        return now - hardEnd < 0;
    }

    /** Whether it may be served while it is renewed behind. */
    boolean mayServeWhileRevalidating(long now, long windowNanos) {
        return isUsableAt(now) && (graced || (windowNanos > 0 && !expired && now - freshEnd < windowNanos));
    }

    /**
     * Whether it is known that nobody has changed the value, up to the bound of staleness: somebody vouches for the key
     * since before the value was read, or it was read so recently that it need not be vouched for, and none of its tags
     * was invalidated.
     */
    boolean isTrustedAt(long now) {
        Section by = section;
        if (by != null) {
            // In this order: what was forgotten before it was vouched for again must not pass.
            boolean inTime = by.isVouched(now) || now - unwatchedUntil < 0;
            if (!inTime || by.epoch() != epoch) {
                return false;
            }
        }
        return tags == null || tagsHold(tags, now);
    }

    boolean isTagged() {
        return tags != null;
    }

    private boolean tagsHold(Tag[] own, long now) {
        for (Tag tag : own) {
            if (!tag.holds(stamp, now)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the stored form is this one. */
    boolean isOf(Frame frame) {
        return checksum == frame.checksum() && bornMillis == frame.bornMillis();
    }

    Entry<V> expiredAt(long now) {
        return isFreshAt(now) || !expired
                ? with(now, hardEnd, true, graced, ahead, section, epoch, unwatchedUntil)
                : this;
    }

    /** A copy that ends earlier here, for L1 only. */
    Entry<V> endingBy(long latest) {
        if (latest - hardEnd >= 0) {
            return this;
        }
        long fresh = latest - freshEnd < 0 ? latest : freshEnd;
        return with(fresh, latest, expired, graced, ahead, section, epoch, unwatchedUntil);
    }

    /** A copy that is renewed after a share of its fresh life. */
    Entry<V> renewedAfter(double share, long now, long nowMillis, long readAt) {
        long left = Math.max(0, freshEnd - now);
        long age = TimeUnit.MILLISECONDS.toNanos(Math.max(0, nowMillis - bornMillis));
        long renewAt = freshEnd - (long) ((left + age) * (1 - share));
        Ahead renewal = new Ahead(renewAt, readAt);
        return with(freshEnd, hardEnd, expired, graced, renewal, section, epoch, unwatchedUntil);
    }

    /** A copy that may be used for longer. */
    Entry<V> lasting(long nanos) {
        return with(freshEnd, hardEnd + nanos, expired, graced, ahead, section, epoch, unwatchedUntil);
    }

    /** A copy that is no longer fresh but may be served until it has been renewed. */
    Entry<V> gracedAt(long now) {
        return with(isFreshAt(now) ? now : freshEnd, hardEnd, expired, true, ahead, section, epoch, unwatchedUntil);
    }

    /** A copy whose validity hangs on the section, or for a short time on nobody. */
    Entry<V> watchedBy(@Nullable Section section, long epoch, long unwatchedUntil) {
        return with(freshEnd, hardEnd, expired, graced, ahead, section, epoch, unwatchedUntil);
    }

    private Entry<V> with(
            long freshEnd,
            long hardEnd,
            boolean expired,
            boolean graced,
            @Nullable Ahead ahead,
            @Nullable Section section,
            long epoch,
            long unwatchedUntil) {
        return new Entry<>(
                value,
                freshEnd,
                hardEnd,
                bornMillis,
                size,
                checksum,
                expired,
                graced,
                etag,
                tags,
                stamp,
                ahead,
                section,
                epoch,
                unwatchedUntil);
    }
}
