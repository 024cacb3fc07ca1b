package io.tiercel.cache.fleet.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Fleets for tests: each pod healthy in everything but what a test says. */
final class Pods {
    static final Instant START = Instant.parse("2026-11-25T12:00:00Z");

    private Pods() {}

    /** So many pods in use with this CPU for long, and nothing else to tell. */
    static List<PodSignals> ofCpu(int count, double cpu) {
        return of(count, Trigger.CPU, cpu, cpu);
    }

    /** So many healthy pods in use, one trigger of which has these values. */
    static List<PodSignals> of(int count, Trigger trigger, double value, double smallest) {
        List<PodSignals> pods = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pods.add(pod("pod-" + i, PodSignals.State.READY, snapshot(trigger, value, smallest, true)));
        }
        return pods;
    }

    static PodSignals pod(String name, PodSignals.State state, SignalSnapshot signals) {
        return new PodSignals(name, state, START.minus(Duration.ofHours(1)), START.plus(Duration.ofDays(2)), signals);
    }

    static SignalSnapshot snapshot(Trigger trigger, double value, double smallest, boolean full) {
        Map<Trigger, Reading> readings = healthy();
        double threshold = trigger.defaults().threshold();
        readings.put(trigger, new Reading(value, smallest / threshold, full));
        return new SignalSnapshot(readings, ConnectionScope.POD);
    }

    static SignalSnapshot without(SignalSnapshot snapshot, Trigger trigger) {
        Map<Trigger, Reading> readings = new EnumMap<>(snapshot.readings());
        readings.remove(trigger);
        return new SignalSnapshot(readings, snapshot.connections());
    }

    /** Nothing asks for a pod, and nothing is missing. */
    static Map<Trigger, Reading> healthy() {
        Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
        readings.put(Trigger.CPU, new Reading(0.07, 0.1, true));
        readings.put(Trigger.MEMORY, new Reading(0.08, 0.1, true));
        readings.put(Trigger.P95, new Reading(0.2, 0.1, true));
        readings.put(Trigger.QUEUE_DEPTH, new Reading(0, 0, true));
        readings.put(Trigger.ERROR_RATE, new Reading(0, 0, true));
        return readings;
    }

    /** A state in which a fleet has had this many pods, all of them wanted, for ten minutes. */
    static ScalingState steady(Recommender recommender, int pods) {
        ScalingState state = ScalingState.EMPTY;
        for (int slot = -40; slot < 0; slot++) {
            // The CPU at its threshold asks for the pods that there are.
            state = recommender.next(state, new Fleet(ofCpu(pods, 0.70), List.of(), START.plusSeconds(slot * 15L)));
        }
        return state;
    }
}
