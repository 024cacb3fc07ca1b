package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How an instance belongs to a fleet.
 *
 * @param fleet the name that its instances share; 1 to 64 of {@code A-Z a-z 0-9 _ . -}
 * @param pod the name of this instance, different for each; 1 to 200 characters
 * @param heartbeat how often it says that it lives; 100 ms to 1 min
 * @param silence after this without a heartbeat it is held to be gone; at least three heartbeats
 * @param hold for how long a number of instances goes on to count after it has become smaller, so that one who is late does
 *     not make all others take his share; 0 or more
 * @param expected how many there are taken to be until Redis has been asked for the first time; 1 to 1,000
 */
public record FleetSettings(
        String fleet, String pod, Duration heartbeat, Duration silence, Duration hold, int expected) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
    private static final int LONGEST_POD = 200;
    private static final int MOST = 1_000;

    /**
     * Checks all of it.
     *
     * @throws IllegalArgumentException that names the field
     */
    public FleetSettings {
        if (!NAME.matcher(requireNonNull(fleet, "fleet")).matches()) {
            throw new IllegalArgumentException("fleet must be 1 to 64 of A-Z a-z 0-9 _ . -: " + fleet);
        }
        if (requireNonNull(pod, "pod").isEmpty() || pod.length() > LONGEST_POD) {
            throw new IllegalArgumentException("pod must be 1 to " + LONGEST_POD + " characters: " + pod.length());
        }
        if (heartbeat.compareTo(Duration.ofMillis(100)) < 0 || heartbeat.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("heartbeat must be from 100 ms to 1 min: " + heartbeat);
        }
        if (silence.compareTo(heartbeat.multipliedBy(3)) < 0) {
            throw new IllegalArgumentException("silence must be at least three heartbeats: " + silence);
        }
        if (hold.isNegative()) {
            throw new IllegalArgumentException("hold must not be negative: " + hold);
        }
        if (expected < 1 || expected > MOST) {
            throw new IllegalArgumentException("expected must be from 1 to " + MOST + ": " + expected);
        }
    }

    /** A heartbeat every 3 s, gone after 12 s, held for 30 s, and alone until it is known better. */
    public static FleetSettings of(String fleet, String pod) {
        return new FleetSettings(fleet, pod, Duration.ofSeconds(3), Duration.ofSeconds(12), Duration.ofSeconds(30), 1);
    }

    /** The same with another number of instances at first. */
    public FleetSettings expected(int instances) {
        return new FleetSettings(fleet, pod, heartbeat, silence, hold, instances);
    }

    /** The same with other times. */
    public FleetSettings times(Duration heartbeat, Duration silence, Duration hold) {
        return new FleetSettings(fleet, pod, heartbeat, silence, hold, expected);
    }

    /** The key of that name in Redis; all of a fleet are in one slot. */
    String key(String what) {
        return "tiercel!" + what + "{" + fleet + "}";
    }
}
