package io.tiercel.cache;

import io.tiercel.cache.tier.Section;
import org.jspecify.annotations.Nullable;

/**
 * What a reader notes about a key before anything is read: by it, what the reader brings is kept in L1 only if nobody
 * wrote or invalidated the key meanwhile, here or elsewhere. Immutable.
 *
 * @param fence see {@link Fences#open}
 * @param section the part of L2 that the key is in, null if L2 tells of no changes
 * @param epoch the section's, read before anything else
 * @param tagChanges how many changes of tags were known of
 * @param taken monotonic nanoseconds
 */
record Ticket(long fence, @Nullable Section section, long epoch, long tagChanges, long taken) {
    /** Whether everything that was known when the ticket was taken has been forgotten since. */
    boolean isForgotten() {
        return section != null && section.epoch() != epoch;
    }

    /** An entry as L1 may keep it: good while the section is vouched for, and in any case for a moment. */
    <V> Entry<V> watch(Entry<V> entry, long boundNanos) {
        return section == null ? entry : entry.watchedBy(section, epoch, taken + boundNanos);
    }
}
