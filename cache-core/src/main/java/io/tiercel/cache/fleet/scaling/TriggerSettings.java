package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * When a trigger speaks.
 *
 * @param threshold in the trigger's own unit; over 0, at most 1,000,000,000
 * @param window for how long the value has to be over it without interruption; from 1 s to 1 h
 * @param tolerance by how much the ratio to the threshold may differ from 1 before anything follows, as HPA's; 0 to 0.5.
 *     Has no meaning for a brake, which holds as soon as its threshold is passed
 * @param presence what it means that there is no data
 */
public record TriggerSettings(double threshold, Duration window, double tolerance, Trigger.Presence presence) {
    /** Refuses, by name, what is out of range. */
    public TriggerSettings {
        Fields.overZero("threshold", threshold, Fields.LARGEST);
        Fields.between("window", window, Duration.ofSeconds(1), Duration.ofHours(1));
        Fields.between("tolerance", tolerance, 0, 0.5);
        requireNonNull(presence, "presence");
    }

    /** The same with another threshold. */
    public TriggerSettings threshold(double threshold) {
        return new TriggerSettings(threshold, window, tolerance, presence);
    }

    /** The same with another window. */
    public TriggerSettings window(Duration window) {
        return new TriggerSettings(threshold, window, tolerance, presence);
    }

    /** The same with another tolerance. */
    public TriggerSettings tolerance(double tolerance) {
        return new TriggerSettings(threshold, window, tolerance, presence);
    }

    /** The same with another meaning of missing data. */
    public TriggerSettings presence(Trigger.Presence presence) {
        return new TriggerSettings(threshold, window, tolerance, presence);
    }
}
