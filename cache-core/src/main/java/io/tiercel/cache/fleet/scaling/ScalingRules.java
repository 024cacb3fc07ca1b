package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * One direction of HPA's {@code behavior}: {@code scaleUp} or {@code scaleDown}.
 *
 * @param stabilization over how long the most cautious recommendation counts; from 0 to 1 h
 * @param policies how fast; from 1 to 8
 * @param select which of the policies counts
 */
public record ScalingRules(Duration stabilization, List<ScalingPolicy> policies, Select select) {
    /** Which of several policies counts. */
    public enum Select {
        /** The one that allows the largest change. */
        MAX,

        /** The one that allows the smallest change. */
        MIN,

        /** None: no change in this direction. */
        DISABLED
    }

    /** Refuses, by name, what is out of range. */
    public ScalingRules {
        Fields.between("stabilization", stabilization, Duration.ZERO, Duration.ofHours(1));
        policies = List.copyOf(policies);
        Fields.between("policies", policies.size(), 1, 8);
        requireNonNull(select, "select");
    }
}
