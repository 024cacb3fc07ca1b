package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * One pod, as the others know it by its last heartbeat.
 *
 * @param pod its name in the fleet
 * @param state what it does
 * @param started when it began, by the clock of whoever keeps the heartbeats
 * @param published when the heartbeat came, by the same clock
 * @param signals what it has measured
 */
public record PodSignals(String pod, State state, Instant started, Instant published, SignalSnapshot signals) {
    /** What a pod does. */
    public enum State {
        /** It is in use. */
        READY,

        /** It fills its memory and gets no traffic yet: it counts as a pod, and what it measures does not count. */
        WARMING,

        /** It is leaving and counts no more, but for its connections to the database. */
        DRAINING
    }

    /** Refuses null. */
    public PodSignals {
        requireNonNull(pod, "pod");
        requireNonNull(state, "state");
        requireNonNull(started, "started");
        requireNonNull(published, "published");
        requireNonNull(signals, "signals");
    }
}
