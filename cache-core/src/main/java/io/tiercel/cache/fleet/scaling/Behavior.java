package io.tiercel.cache.fleet.scaling;

import io.tiercel.cache.fleet.scaling.ScalingState.Sample;
import java.time.Duration;
import java.util.List;

/**
 * The {@code behavior} of the Kubernetes Horizontal Pod Autoscaler (Kubernetes documentation, "Horizontal Pod Autoscaling",
 * Configurable scaling behavior; KEP-853): how fast, and how many at most in a period. A policy counts from the
 * pods that there were when its period began: those now, less what was added within it, plus what was removed.
 */
final class Behavior {
    private Behavior() {}

    /** The most that growth may reach now; {@code spec} if it has to wait. */
    static int highest(int spec, List<Sample> events, ScalingRules rules, long slot) {
        if (rules.select() == ScalingRules.Select.DISABLED) {
            return spec;
        }
        boolean largest = rules.select() == ScalingRules.Select.MAX;
        long highest = largest ? Integer.MIN_VALUE : Integer.MAX_VALUE;
        for (ScalingPolicy policy : rules.policies()) {
            long start = start(spec, events, policy.period(), slot);
            // Rounded up, or one pod would never become two by 50 %.
            long allowed = policy.kind() == ScalingPolicy.Kind.PODS
                    ? start + policy.value()
                    : Math.floorDiv(start * (100 + policy.value()) + 99, 100L);
            highest = largest ? Math.max(highest, allowed) : Math.min(highest, allowed);
        }
        return (int) Math.min(Math.max(highest, spec), ScalingSettings.MOST_REPLICAS);
    }

    /** The least that shrinking may reach now; {@code spec} if it has to wait. */
    static int lowest(int spec, List<Sample> events, ScalingRules rules, long slot) {
        if (rules.select() == ScalingRules.Select.DISABLED) {
            return spec;
        }
        boolean largest = rules.select() == ScalingRules.Select.MAX;
        long lowest = largest ? Integer.MAX_VALUE : Integer.MIN_VALUE;
        for (ScalingPolicy policy : rules.policies()) {
            long start = start(spec, events, policy.period(), slot);
            long allowed = policy.kind() == ScalingPolicy.Kind.PODS
                    ? start - policy.value()
                    : Math.max(0, start * (100 - policy.value()) / 100);
            lowest = largest ? Math.min(lowest, allowed) : Math.max(lowest, allowed);
        }
        return (int) Math.max(Math.min(lowest, spec), 0);
    }

    private static long start(int spec, List<Sample> events, Duration period, long slot) {
        long start = spec;
        for (Sample event : events) {
            if (isWithin(event.slot(), period, slot)) {
                start -= event.replicas();
            }
        }
        return start;
    }

    /** The least that was asked for within the window, {@code asked} included. */
    static int least(int asked, List<Sample> samples, Duration window, long slot) {
        return samples.stream()
                .filter(sample -> isWithin(sample.slot(), window, slot))
                .mapToInt(Sample::replicas)
                .reduce(asked, Math::min);
    }

    /** The most that was asked for within the window, {@code asked} included. */
    static int most(int asked, List<Sample> samples, Duration window, long slot) {
        return samples.stream()
                .filter(sample -> isWithin(sample.slot(), window, slot))
                .mapToInt(Sample::replicas)
                .reduce(asked, Math::max);
    }

    static boolean isWithin(long then, Duration window, long slot) {
        return (slot - then) * ScalingState.SLOT_SECONDS < window.toSeconds();
    }
}
