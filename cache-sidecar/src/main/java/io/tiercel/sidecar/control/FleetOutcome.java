package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a change for the whole fleet did.
 *
 * @param outcome the change, as this pod has it
 * @param pods how many there are
 * @param pending names of those that have not said yet that they have it, as far as was waited
 */
public record FleetOutcome(Outcome outcome, int pods, List<String> pending) {
    /** Copies the names. */
    public FleetOutcome {
        requireNonNull(outcome, "outcome");
        pending = List.copyOf(pending);
    }
}
