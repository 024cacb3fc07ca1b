package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change of the configuration that is asked for. It is made whole or not at all.
 *
 * @param set new values as JSON has them: {@link Long}, {@link Boolean} or {@link String}
 * @param reset fields that go back to what the sidecar was started with
 * @param expiresIn after this the new values go back by themselves; null for never; 1 s to 30 days
 * @param reason why, for the log and the events; may be empty
 * @param dryRun whether only to say what would change
 * @param ifVersion the version that it is meant for; null for any
 */
public record Change(
        Map<LiveField, Object> set,
        Set<LiveField> reset,
        @Nullable Duration expiresIn,
        String reason,
        boolean dryRun,
        @Nullable Long ifVersion) {
    public Change {
        set = Map.copyOf(set);
        reset = Set.copyOf(reset);
        requireNonNull(reason, "reason");
    }

    /** New values for good, for any version. */
    public static Change set(Map<LiveField, Object> set, String reason) {
        return new Change(set, Set.of(), null, reason, false, null);
    }
}
