package io.tiercel.cache.fleet.scaling;

import io.tiercel.cache.fleet.scaling.ScalingState.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How the fleet gets from one number of pods to another if its triggers ask for nothing else.
 *
 * @param steps in order of time; the first is now, the last has the target
 */
public record ReplicaPlan(List<Step> steps) {
    /**
     * From then on so many pods.
     *
     * @param at when
     * @param replicas how many
     */
    public record Step(Instant at, int replicas) {}

    /** Copies the list. */
    public ReplicaPlan {
        steps = List.copyOf(steps);
    }

    /**
     * By the settings' policies, after the stabilization window of the direction: from 20 pods to 2 by 3 in 300 seconds takes
     * 30 minutes.
     *
     * @param now the pods that there are; from 0 to 10,000
     * @param target from the settings' minimum to their maximum
     * @param from when it begins
     * @throws IllegalArgumentException if a number is out of range, or the direction is disabled
     */
    public static ReplicaPlan of(int now, int target, ScalingSettings settings, Instant from) {
        Fields.between("now", now, 0, ScalingSettings.MOST_REPLICAS);
        Fields.between("target", target, settings.min(), settings.max());
        boolean up = target > now;
        ScalingRules rules = up ? settings.up() : settings.down();
        if (target != now && rules.select() == ScalingRules.Select.DISABLED) {
            throw new IllegalArgumentException((up ? "up" : "down") + ".select must not be DISABLED");
        }
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(from, now));
        List<Sample> events = new ArrayList<>();
        int replicas = now;
        long stabilization = rules.stabilization().toSeconds();
        long slot = (stabilization + ScalingState.SLOT_SECONDS - 1) / ScalingState.SLOT_SECONDS;
        for (; replicas != target; slot++) {
            int allowed = up
                    ? Math.min(target, Behavior.highest(replicas, events, rules, slot))
                    : Math.max(target, Behavior.lowest(replicas, events, rules, slot));
            if (allowed != replicas) {
                events.add(new Sample(slot, allowed - replicas));
                replicas = allowed;
                if (slot == 0) {
                    steps.clear();
                }
                steps.add(new Step(from.plusSeconds(slot * ScalingState.SLOT_SECONDS), replicas));
            }
            long now15 = slot;
            events.removeIf(event -> now15 - event.slot() > ScalingState.KEPT_SLOTS);
        }
        return new ReplicaPlan(steps);
    }
}
