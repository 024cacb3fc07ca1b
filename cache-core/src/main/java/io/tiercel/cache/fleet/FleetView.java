package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * The fleet as Redis described it last.
 *
 * @param members who lives, by name; as of the last answer when {@code known} is false
 * @param size by how many everything is to be divided, at least 1: those who live, and for a while those who did
 * @param known whether Redis has been heard of it lately; if not, all this is what was known last
 * @param at when Redis described it so, by Redis' clock; the epoch if it never did
 */
public record FleetView(List<Member> members, int size, boolean known, Instant at) {
    /** Copies the list. */
    public FleetView {
        members = List.copyOf(members);
        requireNonNull(at, "at");
        if (size < 1) {
            throw new IllegalArgumentException("size must be at least 1: " + size);
        }
    }

    /** How many are in that state. */
    public int count(Member.State state) {
        return (int) members.stream().filter(member -> member.state() == state).count();
    }
}
