package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.util.OptionalDouble;

/**
 * What an application says of itself. What it does not say is empty.
 *
 * @param cpu use of the processors, as a share
 * @param memory use of memory, as a share
 * @param connections to the database, of this application
 */
public record AppMetrics(OptionalDouble cpu, OptionalDouble memory, OptionalDouble connections) {
    /** Refuses null. */
    public AppMetrics {
        requireNonNull(cpu, "cpu");
        requireNonNull(memory, "memory");
        requireNonNull(connections, "connections");
    }
}
