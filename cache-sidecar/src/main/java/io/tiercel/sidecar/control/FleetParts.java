package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/**
 * What there is of a fleet.
 *
 * @param controls what is set for all pods
 * @param events planned events and emergencies
 * @param scaling whether there should be more pods
 * @param warmUps of all pods at once
 * @param minutes what has happened in it
 */
public record FleetParts(
        FleetControls controls, FleetEvents events, Scaling scaling, FleetWarmUps warmUps, FleetMinutes minutes) {
    /** Checks that all is there. */
    public FleetParts {
        requireNonNull(controls, "controls");
        requireNonNull(events, "events");
        requireNonNull(scaling, "scaling");
        requireNonNull(warmUps, "warmUps");
        requireNonNull(minutes, "minutes");
    }
}
