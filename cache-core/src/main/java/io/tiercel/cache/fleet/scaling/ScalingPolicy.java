package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How much may change within a period, as one of {@code policies} of HPA's {@code behavior}.
 *
 * @param kind what {@code value} counts
 * @param value pods, or per cent of the pods that there were at the period's start; from 1 to 10,000
 * @param period looked back over; from 1 s to 1,800 s, as HPA allows
 */
public record ScalingPolicy(Kind kind, int value, Duration period) {
    /** What a policy counts. */
    public enum Kind {
        /** Pods. */
        PODS,

        /** Per cent of the pods that there were when the period began. */
        PERCENT
    }

    /** Refuses, by name, what is out of range. */
    public ScalingPolicy {
        requireNonNull(kind, "kind");
        Fields.between("value", value, 1, ScalingSettings.MOST_REPLICAS);
        Fields.between("period", period, Duration.ofSeconds(1), Duration.ofSeconds(1_800));
    }

    /** So many pods in a period. */
    public static ScalingPolicy pods(int value, Duration period) {
        return new ScalingPolicy(Kind.PODS, value, period);
    }

    /** So many per cent in a period. */
    public static ScalingPolicy percent(int value, Duration period) {
        return new ScalingPolicy(Kind.PERCENT, value, period);
    }
}
