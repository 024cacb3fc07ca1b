package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A change that was made to what a fleet's operators have set.
 *
 * @param at when, by Redis' clock
 * @param kind {@code set}, {@code expired} or {@code restored}
 * @param pod the instance that made it
 * @param by who wanted it; may be empty
 * @param reason why; may be empty
 * @param document what was set after it
 */
public record FleetRevision(Instant at, String kind, String pod, String by, String reason, FleetDocument document) {
    /** Checks that all is there. */
    public FleetRevision {
        requireNonNull(at, "at");
        requireNonNull(kind, "kind");
        requireNonNull(pod, "pod");
        requireNonNull(by, "by");
        requireNonNull(reason, "reason");
        requireNonNull(document, "document");
    }
}
