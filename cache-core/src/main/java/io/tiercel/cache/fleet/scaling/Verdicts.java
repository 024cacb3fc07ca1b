package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.scaling.TriggerRow.Data;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each trigger asks for, by the algorithm of the Kubernetes Horizontal Pod Autoscaler (Kubernetes documentation,
 * "Horizontal Pod Autoscaling", Algorithm details): {@code ceil(pods × ratio)}, nothing within the tolerance; pods without a
 * value count as at their limit on the way down and as idle on the way up; pods that are not ready are set aside, and count as
 * idle on the way up; whatever is so assumed may stop a change, never turn it round.
 *
 * <p>What is added is time: the way up is judged by each pod's smallest value within the window, so that a trigger is
 * sustained or silent, and a pod whose window is not full counts as one that is not ready. The way down is judged by the last
 * values, and by the stabilization that follows: the smallest of a value that goes up and down would remove pods which
 * its peaks need.
 */
final class Verdicts {
    private final ScalingSettings settings;
    private final Fleet fleet;
    private final int base;
    private final int current;
    private final ScalingState state;
    private final long slot;

    Verdicts(ScalingSettings settings, Fleet fleet, int base, int current, ScalingState state, long slot) {
        this.settings = settings;
        this.fleet = fleet;
        this.base = base;
        this.current = current;
        this.state = state;
        this.slot = slot;
    }

    List<TriggerRow> all() {
        List<TriggerRow> rows = new ArrayList<>();
        for (Trigger trigger : Trigger.values()) {
            if (settings.of(trigger).presence() != Trigger.Presence.OFF) {
                rows.add(trigger.answer() == Trigger.Answer.BRAKE ? brake(trigger) : asking(trigger));
            }
        }
        return rows;
    }

    boolean isStale(PodSignals pod) {
        return pod.published().isBefore(fleet.now().minus(settings.staleAfter()));
    }

    private @Nullable Reading reading(PodSignals pod, Trigger trigger) {
        return isStale(pod) ? null : pod.signals().of(trigger);
    }

    private TriggerRow asking(Trigger trigger) {
        double threshold = settings.of(trigger).threshold();
        int told = 0;
        int full = 0;
        int missing = 0;
        int unready = 0;
        double values = 0;
        double pressures = 0;
        for (PodSignals pod : fleet.pods()) {
            Reading reading = reading(pod, trigger);
            if (pod.state() == PodSignals.State.WARMING) {
                unready++;
            } else if (pod.state() == PodSignals.State.READY && reading == null) {
                missing++;
            } else if (pod.state() == PodSignals.State.READY) {
                told++;
                values += requireNonNull(reading).value();
                full += reading.full() ? 1 : 0;
                pressures += reading.full() ? reading.pressure() : 0;
            }
        }
        if (told == 0) {
            return silent(trigger);
        }
        double value = values / told;
        boolean sustained = full > 0 && isOver(pressures / full);
        Data data = missing == 0 ? Data.COMPLETE : Data.PARTIAL;
        double ratio;
        int counted;
        if (sustained) {
            counted = told + missing + unready;
            ratio = pressures / counted;
        } else {
            double limit = trigger.isShareOfLimit() ? Math.max(1, threshold) / threshold : 1;
            boolean assumed = value < threshold;
            counted = told + (assumed ? missing : 0);
            ratio = (values / threshold + (assumed ? missing * limit : 0)) / counted;
        }
        int desired = desired(trigger, sustained, value / threshold, ratio, counted);
        return new TriggerRow(
                trigger, value, threshold, settings.of(trigger).window(), sustained, ratio, desired, data);
    }

    private int desired(Trigger trigger, boolean sustained, double told, double ratio, int counted) {
        double tolerance = settings.of(trigger).tolerance();
        boolean turnedRound = sustained ? ratio < 1 : told < 1 && ratio > 1;
        boolean within = Math.abs(ratio - 1) <= tolerance + 1e-9;
        if (turnedRound || within || (!sustained && told >= 1)) {
            return base;
        }
        if (trigger.answer() == Trigger.Answer.STEP) {
            return step(trigger, sustained);
        }
        int desired = ceil(Math.min(ratio, settings.mostRatio()) * counted);
        // Pods that were set aside are not counted; that alone must not turn the way up into one down.
        return sustained ? Math.max(base, desired) : Math.min(base, desired);
    }

    private int step(Trigger trigger, boolean sustained) {
        if (!sustained) {
            return 0;
        }
        long window = settings.of(trigger).window().toSeconds();
        boolean grewWithin = state.events().stream()
                .anyMatch(event -> event.replicas() > 0 && (slot - event.slot()) * ScalingState.SLOT_SECONDS < window);
        // From the pods that are there: those that are on their way have not helped yet.
        return grewWithin ? base : Math.max(base, ceil(current * (1 + settings.step())));
    }

    private TriggerRow brake(Trigger trigger) {
        TriggerSettings of = settings.of(trigger);
        double ofPods = 0;
        double ofPodsPressure = 0;
        double ofDatabase = 0;
        double ofDatabasePressure = 0;
        boolean counted = false;
        boolean told = false;
        boolean missing = false;
        for (PodSignals pod : fleet.pods()) {
            Reading reading = reading(pod, trigger);
            if (reading == null) {
                missing |= pod.state() == PodSignals.State.READY;
                continue;
            }
            told = true;
            // A window that is not full counts too: to hold a fleet for a moment too long costs little.
            if (pod.signals().connections() == ConnectionScope.DATABASE) {
                counted = true;
                ofDatabase = Math.max(ofDatabase, reading.value());
                ofDatabasePressure = Math.max(ofDatabasePressure, reading.pressure());
            } else {
                ofPods += reading.value();
                ofPodsPressure += reading.pressure();
            }
        }
        if (!told) {
            return silent(trigger);
        }
        double pressure = Math.max(ofPodsPressure, ofDatabasePressure);
        double value = Math.max(ofPods, ofDatabase);
        boolean sustained = isOver(pressure);
        return new TriggerRow(
                trigger,
                value,
                of.threshold(),
                of.window(),
                sustained,
                sustained ? pressure : value / of.threshold(),
                base,
                missing && !counted ? Data.PARTIAL : Data.COMPLETE);
    }

    private TriggerRow silent(Trigger trigger) {
        TriggerSettings of = settings.of(trigger);
        boolean expected =
                of.presence() == Trigger.Presence.REQUIRED || state.seen().containsKey(trigger);
        Data data = expected ? Data.MISSING : Data.UNREPORTED;
        return new TriggerRow(trigger, 0, of.threshold(), of.window(), false, 0, base, data);
    }

    /** What binary fractions add to a ratio is not a reason for a pod more, as it would be in HPA. */
    private static int ceil(double pods) {
        return (int) Math.ceil(Math.min(pods, ScalingSettings.MOST_REPLICAS) - 1e-9);
    }

    private static boolean isOver(double ratio) {
        return ratio > 1 + 1e-9;
    }
}
