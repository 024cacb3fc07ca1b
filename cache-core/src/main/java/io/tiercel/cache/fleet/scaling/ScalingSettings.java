package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * When the fleet grows and shrinks, by how much and how fast. Immutable; the same for every pod.
 *
 * @param triggers what each of them takes; one that is not named has {@link Trigger#defaults()}
 * @param min the fewest pods; from 1 to {@code max}
 * @param max the most pods; up to 10,000
 * @param up how growth is dampened
 * @param down how shrinking is dampened
 * @param afterEmergency the stabilization of shrinking for so long after an emergency has ended; from 0 to 1 h
 * @param mostRatio how many times as many pods a proportional trigger may ask for at once; from 1.1 to 10
 * @param step by what share of the pods a step trigger grows the fleet, rounded up; over 0 and at most 1
 * @param staleAfter how long a value holds without a new one; from 5 s to 10 min
 */
public record ScalingSettings(
        Map<Trigger, TriggerSettings> triggers,
        int min,
        int max,
        ScalingRules up,
        ScalingRules down,
        Duration afterEmergency,
        double mostRatio,
        double step,
        Duration staleAfter) {

    static final int MOST_REPLICAS = 10_000;

    /**
     * The runbook's triggers; 2 to 20 pods; up at once by the larger of 100 % and 4 pods in 15 s; down when nothing has
     * asked for more during 300 s (1,800 s after an emergency), by 3 pods in 300 s; a ratio of 2 at most; steps of 25 %;
     * values hold for 60 s.
     */
    public static final ScalingSettings DEFAULTS = new ScalingSettings(
            Map.of(),
            2,
            20,
            new ScalingRules(
                    Duration.ZERO,
                    List.of(
                            ScalingPolicy.percent(100, Duration.ofSeconds(15)),
                            ScalingPolicy.pods(4, Duration.ofSeconds(15))),
                    ScalingRules.Select.MAX),
            new ScalingRules(
                    Duration.ofSeconds(300),
                    List.of(ScalingPolicy.pods(3, Duration.ofSeconds(300))),
                    ScalingRules.Select.MAX),
            Duration.ofSeconds(1_800),
            2,
            0.25,
            Duration.ofSeconds(60));

    /** Refuses, by name, what is out of range. */
    public ScalingSettings {
        Map<Trigger, TriggerSettings> all = new EnumMap<>(Trigger.class);
        Arrays.stream(Trigger.values()).forEach(trigger -> all.put(trigger, trigger.defaults()));
        all.putAll(triggers);
        triggers = Collections.unmodifiableMap(all);
        Fields.between("max", max, 1, MOST_REPLICAS);
        Fields.between("min", min, 1, max);
        requireNonNull(up, "up");
        requireNonNull(down, "down");
        Fields.between("afterEmergency", afterEmergency, Duration.ZERO, Duration.ofHours(1));
        Fields.between("mostRatio", mostRatio, 1.1, 10);
        Fields.overZero("step", step, 1);
        Fields.between("staleAfter", staleAfter, Duration.ofSeconds(5), Duration.ofMinutes(10));
    }

    /** What a trigger takes. */
    public TriggerSettings of(Trigger trigger) {
        return requireNonNull(triggers.get(trigger), "trigger");
    }

    /** The same with other settings of one trigger. */
    public ScalingSettings trigger(Trigger trigger, TriggerSettings settings) {
        Map<Trigger, TriggerSettings> changed = new EnumMap<>(triggers);
        changed.put(trigger, settings);
        return new ScalingSettings(changed, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with other limits to the number of pods. */
    public ScalingSettings replicas(int min, int max) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with growth dampened otherwise. */
    public ScalingSettings up(ScalingRules up) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with shrinking dampened otherwise. */
    public ScalingSettings down(ScalingRules down) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with another stabilization after an emergency. */
    public ScalingSettings afterEmergency(Duration afterEmergency) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with another limit to the ratio of a proportional trigger. */
    public ScalingSettings mostRatio(double mostRatio) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with other steps. */
    public ScalingSettings step(double step) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }

    /** The same with values that hold for another time. */
    public ScalingSettings staleAfter(Duration staleAfter) {
        return new ScalingSettings(triggers, min, max, up, down, afterEmergency, mostRatio, step, staleAfter);
    }
}
