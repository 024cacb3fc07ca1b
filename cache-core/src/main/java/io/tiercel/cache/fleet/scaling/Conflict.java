package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

/**
 * A trigger that more pods would make worse is over its threshold. The answer is to share what there is, not to grow.
 *
 * @param trigger which
 * @param value the fleet's
 * @param threshold its settings' one
 * @param wanted the pods that the other triggers ask for, not limited by anything
 * @param perPod what each of the recommended pods may use so that all together stay within the threshold; 1 at least
 */
public record Conflict(Trigger trigger, double value, double threshold, int wanted, int perPod) {
    /** Keeps five digits of each number. */
    public Conflict {
        requireNonNull(trigger, "trigger");
        value = Fields.rounded(value);
        threshold = Fields.rounded(threshold);
    }

    /** What to do instead of having more pods, for people. */
    public String answer() {
        return "more pods would open more connections: at most " + perPod
                + " in each pod's pool, longer ttl or aggressive caching, fewer loads at once";
    }
}
