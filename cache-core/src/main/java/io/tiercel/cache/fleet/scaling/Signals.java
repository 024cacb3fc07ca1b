package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The measurements of one pod, and for how long each has been over its threshold. A value holds until the next one, at most
 * for {@link ScalingSettings#staleAfter()}; then there is no data, and the window begins anew.
 *
 * <p>Thread-safe. Memory is fixed: 62 numbers for each trigger, however often values come.
 */
public final class Signals {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Trigger, RollingMinimum> windows = new EnumMap<>(Trigger.class);
    private ScalingSettings settings;
    private ConnectionScope connections = ConnectionScope.POD;

    /** Without any data yet. */
    public Signals(ScalingSettings settings) {
        this.settings = requireNonNull(settings, "settings");
    }

    /** From now on other settings. A threshold counts at once, for the past too; a changed window begins anew. */
    public void settings(ScalingSettings changed) {
        lock.lock();
        try {
            for (Trigger trigger : Trigger.values()) {
                boolean same =
                        changed.of(trigger).window().equals(settings.of(trigger).window())
                                && changed.staleAfter().equals(settings.staleAfter());
                if (!same) {
                    windows.remove(trigger);
                }
            }
            settings = changed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A value. Without traffic the latency and the error rate are 0, which is not the same as unknown.
     *
     * @param value in the trigger's unit; negative values count as 0, those over 1,000,000,000 as that
     * @param at when it was measured, by the clock that {@link #at} is asked by; before the last value it counts as then
     * @throws IllegalArgumentException if the value is no number
     */
    public void record(Trigger trigger, double value, Instant at) {
        record(trigger, value, ConnectionScope.POD, at);
    }

    /**
     * Connections to the database.
     *
     * @param scope what has been counted: this pod's pools or all that the database has
     * @throws IllegalArgumentException if the value is no number
     * @see #record(Trigger, double, Instant)
     */
    public void connections(double value, ConnectionScope scope, Instant at) {
        record(Trigger.DB_CONNECTIONS, value, requireNonNull(scope, "scope"), at);
    }

    private void record(Trigger trigger, double value, ConnectionScope scope, Instant at) {
        if (Double.isNaN(value)) {
            throw new IllegalArgumentException(trigger.id() + " must be a number: NaN");
        }
        double bounded = Math.max(0, Math.min(value, Fields.LARGEST));
        lock.lock();
        try {
            if (trigger == Trigger.DB_CONNECTIONS && scope != connections) {
                // A pool and a database are not of one series: their minimum would be the pool's.
                windows.remove(trigger);
                connections = scope;
            }
            windows.computeIfAbsent(
                            trigger, t -> new RollingMinimum(settings.of(t).window(), settings.staleAfter()))
                    .add(bounded, at);
        } finally {
            lock.unlock();
        }
    }

    /** What is known at a time. Triggers that are off, have had no value or none that still holds are left out. */
    public SignalSnapshot at(Instant now) {
        lock.lock();
        try {
            Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
            windows.forEach((trigger, window) -> {
                TriggerSettings of = settings.of(trigger);
                if (of.presence() != Trigger.Presence.OFF && !window.isStale(now)) {
                    double pressure = Math.min(window.minimum(now) / of.threshold(), Fields.LARGEST);
                    readings.put(trigger, new Reading(window.last(), pressure, window.isFull(now)));
                }
            });
            return new SignalSnapshot(readings, connections);
        } finally {
            lock.unlock();
        }
    }
}
