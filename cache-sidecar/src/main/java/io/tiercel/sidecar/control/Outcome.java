package io.tiercel.sidecar.control;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a change did, or would do. Names and values are as in JSON.
 *
 * @param version of the configuration after it; with a dry run, the one before it
 * @param applied what the changed fields are now
 * @param previous what they were
 * @param effective all fields that belong with them
 * @param expiresAt when the new values go back by themselves; null for never
 * @param dryRun whether nothing was changed
 */
public record Outcome(
        long version,
        Map<String, Object> applied,
        Map<String, Object> previous,
        Map<String, Object> effective,
        @Nullable Instant expiresAt,
        boolean dryRun) {
    public Outcome {
        applied = Collections.unmodifiableMap(new LinkedHashMap<>(applied));
        previous = Collections.unmodifiableMap(new LinkedHashMap<>(previous));
        effective = Collections.unmodifiableMap(new LinkedHashMap<>(effective));
    }
}
