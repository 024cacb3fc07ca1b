package io.tiercel.cache;

import io.tiercel.cache.tier.Placeholder;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/**
 * The right to load one key and to store what was loaded: for each tier, what must still stand under the key for the
 * value to take its place. Used by one load; renewed by the timer meanwhile.
 */
final class Lease {
    final Sought sought;

    /** For each tier the first bytes of what the value may replace; null where it must not be stored. */
    final byte[] @Nullable [] places;

    /** The generation before the load, null if it could not be learned: the value then goes to no tier. */
    Generations.@Nullable Known generation;

    /** The state of all tags before the load. */
    final long stamp;

    /** What stands under the key's side note while a stale value is renewed. */
    byte @Nullable [] side;

    /** Whether the value may be stored at all, L1 included. */
    final boolean toBeStored;

    /** Without leases: the value is stored wherever the ticket allows, without looking at what is there. */
    final boolean plain;

    volatile boolean ended;
    volatile @Nullable ScheduledFuture<?> renewal;

    private Lease(Sought sought, int tiers, long stamp, boolean toBeStored, boolean plain) {
        this.sought = sought;
        this.places = new byte[tiers][];
        this.stamp = stamp;
        this.toBeStored = toBeStored;
        this.plain = plain;
    }

    /** Of no place yet. */
    static Lease of(Sought sought, int tiers, long stamp) {
        return new Lease(sought, tiers, stamp, true, false);
    }

    /** For a load that is made without others knowing of it; what it brings is stored nowhere. */
    static Lease none(Sought sought, int tiers) {
        return new Lease(sought, tiers, 0, false, false);
    }

    static Lease plain(Sought sought, int tiers, long stamp) {
        return new Lease(sought, tiers, stamp, true, true);
    }

    String key() {
        return sought.key();
    }

    /** Whether it holds a place of its own making in that tier, which must be given up if nothing comes into it. */
    boolean holdsPlaceholder(int depth) {
        byte[] place = places[depth];
        return place != null && Placeholder.is(place);
    }
}
