package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change of what a fleet's operators have set: only of the fields that it names, as a JSON Merge Patch (RFC 7396) of one
 * level, so that two who change different fields at the same time both get what they wanted.
 *
 * @param set new values by name
 * @param remove names that shall not be set any more
 * @param ifVersion the version that it is meant for; null for any
 * @param expiresIn after this the new values count no more; null for never; at least 1 ms
 * @param by who wants it, for the audit; may be empty
 * @param reason why, for the audit; may be empty
 */
public record FleetPatch(
        Map<String, String> set,
        Set<String> remove,
        @Nullable Long ifVersion,
        @Nullable Duration expiresIn,
        String by,
        String reason) {
    /**
     * Checks it.
     *
     * @throws IllegalArgumentException if a field is both set and removed, or {@code expiresIn} is not positive
     */
    public FleetPatch {
        set = Map.copyOf(set);
        remove = Set.copyOf(remove);
        requireNonNull(by, "by");
        requireNonNull(reason, "reason");
        for (String name : remove) {
            if (set.containsKey(name)) {
                throw new IllegalArgumentException("a field cannot be both set and removed: " + name);
            }
        }
        if (expiresIn != null && expiresIn.toMillis() < 1) {
            throw new IllegalArgumentException("expiresIn must be at least 1 ms: " + expiresIn);
        }
    }

    /** New values for good, for any version. */
    public static FleetPatch set(Map<String, String> set, String by) {
        return new FleetPatch(set, Set.of(), null, null, by, "");
    }
}
