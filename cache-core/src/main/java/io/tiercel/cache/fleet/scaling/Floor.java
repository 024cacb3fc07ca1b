package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Pods that an operator wants whatever the triggers say, for a time.
 *
 * @param kind why
 * @param name of the event; 1 to 64 characters, none of them a control character
 * @param replicas how many at least; from 1 to 10,000. Never more than {@link ScalingSettings#max()} are recommended
 * @param from when it begins, to the millisecond: for a planned event its start less the lead time
 * @param until when it ends, to the millisecond
 */
public record Floor(Kind kind, String name, int replicas, Instant from, Instant until) {
    /** Why there is a floor. */
    public enum Kind {
        /** A planned event. */
        EVENT,

        /** An emergency: after it the fleet shrinks later. */
        EMERGENCY
    }

    /** Refuses, by name, what is out of range. */
    public Floor {
        requireNonNull(kind, "kind");
        from = from.truncatedTo(ChronoUnit.MILLIS);
        until = until.truncatedTo(ChronoUnit.MILLIS);
        Fields.between("name", name.length(), 1, 64);
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("name must have no control characters");
        }
        Fields.between("replicas", replicas, 1, ScalingSettings.MOST_REPLICAS);
        if (!until.isAfter(from)) {
            throw new IllegalArgumentException("until must be after from: " + until);
        }
    }

    /** Whether it holds: from {@code from} on, until just before {@code until}. */
    public boolean isInForce(Instant now) {
        return !now.isBefore(from) && now.isBefore(until);
    }
}
