package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An instance as it has described itself with its last heartbeat.
 *
 * @param pod its name
 * @param state what it is doing
 * @param joinedAt when it joined, by Redis' clock as far as it knows that
 * @param seenAt when its last heartbeat reached Redis, by Redis' clock
 * @param facts what else it says of itself
 */
public record Member(String pod, State state, Instant joinedAt, Instant seenAt, Map<String, String> facts) {
    /** What an instance is doing. */
    public enum State {
        /** It brings keys into memory and is not ready for clients. */
        WARMING,
        /** It serves. */
        READY,
        /** It sends its clients away and will end. */
        DRAINING
    }

    /** Copies the facts. */
    public Member {
        requireNonNull(pod, "pod");
        requireNonNull(state, "state");
        requireNonNull(joinedAt, "joinedAt");
        requireNonNull(seenAt, "seenAt");
        facts = Map.copyOf(facts);
    }

    /** A fact as a number, or what is given if there is none. */
    public long number(String fact, long otherwise) {
        String text = facts.get(fact);
        try {
            return text == null ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return otherwise; // said by an instance of another version
        }
    }

    static String encode(State state, Instant joinedAt, Map<String, String> facts) {
        List<String> parts = new ArrayList<>();
        parts.add(state.name().toLowerCase(Locale.ROOT));
        parts.add(Long.toString(joinedAt.toEpochMilli()));
        facts.forEach((name, value) -> {
            parts.add(name);
            parts.add(value);
        });
        return Netstrings.join(parts);
    }

    /** @throws IllegalArgumentException if it was not encoded so */
    static Member decode(String pod, Instant seenAt, String info) {
        List<String> parts = Netstrings.split(info);
        if (parts.size() < 2 || parts.size() % 2 != 0) {
            throw new IllegalArgumentException("a member is described by a state, a time, and pairs");
        }
        Map<String, String> facts = new LinkedHashMap<>();
        for (int i = 2; i < parts.size(); i += 2) {
            facts.put(parts.get(i), parts.get(i + 1));
        }
        return new Member(
                pod,
                State.valueOf(parts.get(0).toUpperCase(Locale.ROOT)),
                Instant.ofEpochMilli(Long.parseLong(parts.get(1))),
                seenAt,
                facts);
    }
}
