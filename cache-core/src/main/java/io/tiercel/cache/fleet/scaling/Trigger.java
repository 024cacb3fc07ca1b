package io.tiercel.cache.fleet.scaling;

import java.time.Duration;

/** What can ask for more pods, and how its answer is found. Names are those of the API and the metrics. */
public enum Trigger {
    /** Use of the processor, as a share of what the pod may use: over 0.70 for 300 s. */
    CPU("cpu", Answer.PROPORTIONAL, 0.70, 300, Presence.REQUIRED),

    /** Memory, as a share of what the pod may use: over 0.80 for 300 s. */
    MEMORY("memory", Answer.STEP, 0.80, 300, Presence.REQUIRED),

    /** The time in seconds in which 95 % of requests were answered: over 2 s for 30 s. */
    P95("p95", Answer.STEP, 2, 30, Presence.REQUIRED),

    /** Commands of one pod that wait: over 1,000 for 30 s. */
    QUEUE_DEPTH("queue_depth", Answer.PROPORTIONAL, 1_000, 30, Presence.REQUIRED),

    /** Connections to the database, of all pods together: over 150 for 30 s. More pods would open more. */
    DB_CONNECTIONS("db_connections", Answer.BRAKE, 150, 30, Presence.OPTIONAL),

    /** The share of requests that failed: over 0.05 for 30 s. */
    ERROR_RATE("error_rate", Answer.STEP, 0.05, 30, Presence.REQUIRED);

    /** How a number of pods is made of a trigger. */
    public enum Answer {
        /** Twice the load on each pod, twice the pods: the ratio to the threshold, up to a limit. */
        PROPORTIONAL,

        /** The ratio says nothing about how many pods would help: a quarter more, then the window is waited for. */
        STEP,

        /** Pods make it worse: no scale-up while it is over its threshold. Never asks for any. */
        BRAKE
    }

    /** Whether a trigger without data holds the fleet. */
    public enum Presence {
        /** It does: nobody removes pods in the dark. */
        REQUIRED,

        /** Only if there was data within the last hour, for then it has failed; else nobody reports it. */
        OPTIONAL,

        /** The trigger does not exist. */
        OFF
    }

    private final String id;
    private final Answer answer;
    private final double threshold;
    private final int windowSeconds;
    private final Presence presence;

    Trigger(String id, Answer answer, double threshold, int windowSeconds, Presence presence) {
        this.id = id;
        this.answer = answer;
        this.threshold = threshold;
        this.windowSeconds = windowSeconds;
        this.presence = presence;
    }

    /** Its name outside of Java, such as {@code queue_depth}. */
    public String id() {
        return id;
    }

    /** How a number of pods is made of it. */
    public Answer answer() {
        return answer;
    }

    /** Threshold and window as described at each constant, tolerance 0.1. */
    public TriggerSettings defaults() {
        return new TriggerSettings(threshold, Duration.ofSeconds(windowSeconds), 0.1, presence);
    }

    /** Whether a value is a share of what the pod may use, so that 1 is all of it. */
    boolean isShareOfLimit() {
        return this == CPU || this == MEMORY;
    }

    /**
     * The trigger with this {@link #id()}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Trigger of(String id) {
        for (Trigger trigger : values()) {
            if (trigger.id.equals(id)) {
                return trigger;
            }
        }
        throw new IllegalArgumentException(
                "trigger must be cpu, memory, p95, queue_depth, db_connections or error_rate: " + Fields.shown(id));
    }
}
