package io.tiercel.cache;

import java.util.Set;

/**
 * How far a write or an invalidation got. The first remote tier has taken it, or the call would have failed.
 *
 * @param pending names of the deeper tiers that did not confirm it: they may hold an older value, of which all
 *     processes know that it is not to be used
 */
public record WriteResult(Set<String> pending) {
    static final WriteResult COMPLETE = new WriteResult(Set.of());

    /** Takes a copy of the set. */
    public WriteResult {
        pending = Set.copyOf(pending);
    }

    /** Whether every tier has confirmed it. */
    public boolean isComplete() {
        return pending.isEmpty();
    }
}
