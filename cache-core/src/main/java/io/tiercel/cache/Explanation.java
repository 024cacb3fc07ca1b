package io.tiercel.cache;

import static java.util.stream.Collectors.joining;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why the cache would answer a read of one key the way it would. Immutable; {@link #toString()} is for people.
 *
 * @param cache the cache's name
 * @param storedKey the key as remote tiers are asked for it
 * @param tiers every tier, L1 first
 */
public record Explanation(String cache, String storedKey, List<TierView> tiers) {
    /** Takes a copy of the list. */
    public Explanation {
        tiers = List.copyOf(tiers);
    }

    /** What a tier holds under the key. */
    public enum State {
        /** A fresh value. */
        FRESH,
        /** The fresh knowledge that there is no value. */
        NEGATIVE,
        /** A value past its fresh life: a fall-back if the loader fails. */
        STALE,
        /** Nothing, or nothing of use. */
        MISS,
        /** The tier did not answer. */
        FAILED
    }

    /**
     * One tier's copy.
     *
     * @param tier {@code local} or the remote tier's name
     * @param state what it holds
     * @param age time since the value was loaded or put, by the wall clock of who did it; null if there is none
     * @param remaining fresh life that is left, or hard life if it is stale; null if there is none
     * @param bytes encoded size with its header, 0 if unknown (L1 without remote tiers) or none
     * @param why a sentence
     */
    public record TierView(
            String tier,
            State state,
            @Nullable Duration age,
            @Nullable Duration remaining,
            int bytes,
            String why) {}

    /** The tier that would answer; empty if the loader would be called. */
    public Optional<TierView> answer() {
        return tiers.stream()
                .filter(t -> t.state() == State.FRESH || t.state() == State.NEGATIVE)
                .findFirst();
    }

    @Override
    public String toString() {
        return cache + ": " + storedKey + " -> " + answer().map(TierView::tier).orElse("loader") + "\n"
                + tiers.stream()
                        .map(t -> "  %-10s %-8s %s".formatted(t.tier(), t.state(), t.why()))
                        .collect(joining("\n"));
    }
}
