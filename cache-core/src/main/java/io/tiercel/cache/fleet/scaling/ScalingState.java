package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the recommendations of the last hour leave behind, shared by all pods: whoever comes first in each slot of 15 seconds
 * puts the next one in its place by compare-and-set of its {@linkplain #encode() text}, and every pod shows
 * {@link #recommendation()}.
 *
 * @param slot the slot of the last computation: seconds since 1970 divided by 15
 * @param learningSlot since when every pod in the fleet has had the time to be heard of
 * @param strayedSlot since when the pods have differed from what was recommended, {@link #NEVER} if they do not
 * @param emergencySlot the last slot in which an emergency was in force, {@link #NEVER} if there was none
 * @param samples what was asked for, oldest first, of one hour
 * @param events by how much the recommendation has changed, oldest first, of one hour
 * @param seen the last slot with data of each trigger
 * @param recommendation the last one, null before the first
 */
public record ScalingState(
        long slot,
        long learningSlot,
        long strayedSlot,
        long emergencySlot,
        List<Sample> samples,
        List<Sample> events,
        Map<Trigger, Long> seen,
        @Nullable Recommendation recommendation) {

    /** The length of a slot in seconds: how often HPA looks. */
    public static final int SLOT_SECONDS = 15;

    /** No slot. */
    public static final long NEVER = -1;

    /** The longest text that {@link #encode()} makes and {@link #decode} takes, in characters, all of one byte. */
    public static final int LONGEST = 16_384;

    static final int KEPT_SLOTS = 3_600 / SLOT_SECONDS;

    /** Before the first recommendation. */
    public static final ScalingState EMPTY =
            new ScalingState(NEVER, NEVER, NEVER, NEVER, List.of(), List.of(), Map.of(), null);

    /**
     * A number in a slot.
     *
     * @param slot when: seconds since 1970 divided by 15
     * @param replicas pods, or by how many pods something has changed
     */
    public record Sample(long slot, int replicas) {}

    /** Copies what could change. */
    public ScalingState {
        samples = List.copyOf(samples);
        events = List.copyOf(events);
        Map<Trigger, Long> copy = new EnumMap<>(Trigger.class);
        copy.putAll(seen);
        seen = Collections.unmodifiableMap(copy);
    }

    /** Whether a recommendation is to be computed: whether {@code now} is in another slot than the last one was. */
    public boolean isDue(Instant now) {
        return slotOf(now) != slot;
    }

    static long slotOf(Instant time) {
        return Math.floorDiv(time.getEpochSecond(), (long) SLOT_SECONDS);
    }

    /** The recommendation; of a state that is not {@link #EMPTY}. */
    Recommendation last() {
        return requireNonNull(recommendation, "recommendation");
    }

    /** As text of at most {@link #LONGEST} characters of ASCII; the same state gives the same text. */
    public String encode() {
        return StateText.of(this);
    }

    /**
     * What {@link #encode()} made. Takes text from anybody.
     *
     * @throws IllegalArgumentException if it is anything else; the message names the field and what was expected
     */
    public static ScalingState decode(String text) {
        return StateText.parse(text);
    }
}
