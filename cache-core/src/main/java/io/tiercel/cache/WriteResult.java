package io.tiercel.cache;

import java.util.Set;

/**
 * How far a write or an invalidation got. The first remote tier has taken it, or the call would have failed.
 *
 * @param unconfirmed names of the deeper tiers that did not confirm it: they may hold an older value until its end of
 *     life, and hand it out if the tiers above lose theirs
 */
public record WriteResult(Set<String> unconfirmed) {
    static final WriteResult COMPLETE = new WriteResult(Set.of());

    /** Takes a copy of the set. */
    public WriteResult {
        unconfirmed = Set.copyOf(unconfirmed);
    }

    /** Whether every tier has confirmed it. */
    public boolean isComplete() {
        return unconfirmed.isEmpty();
    }
}
