package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a fleet was and did in one slot of time.
 *
 * @param at when the slot began, by Redis' clock
 * @param warming instances that warmed up when it was written, soon after the slot's end; 0 or more, as the next two
 * @param ready instances that served
 * @param draining instances that sent their clients away
 * @param size by how many everything was divided; at least 1
 * @param told of how many instances the counts are; those that have joined after the slot, or whose last words were not
 *     heard, have none in it
 * @param counts of these instances together
 * @param notes what else whoever wrote it has said; 64 at most. Texts of users may be in it
 */
public record LogEntry(
        Instant at,
        int warming,
        int ready,
        int draining,
        int size,
        int told,
        LogCounts counts,
        Map<String, String> notes) {
    private static final String VERSION = "1";
    private static final int HEAD = 7;
    private static final int MOST_NOTES = 64;

    /**
     * Copies the notes.
     *
     * @throws IllegalArgumentException that names what is out of range
     */
    public LogEntry {
        requireNonNull(at, "at");
        requireNonNull(counts, "counts");
        if (warming < 0 || ready < 0 || draining < 0 || size < 1 || told < 0) {
            throw new IllegalArgumentException("warming, ready, draining and told must be 0 or more, size at least 1");
        }
        if (notes.size() > MOST_NOTES) {
            throw new IllegalArgumentException("notes must be " + MOST_NOTES + " at most: " + notes.size());
        }
        notes = Map.copyOf(notes);
    }

    /** How many instances there were. */
    public int pods() {
        return warming + ready + draining;
    }

    String encode() {
        List<String> parts = new ArrayList<>(List.of(
                VERSION,
                Integer.toString(warming),
                Integer.toString(ready),
                Integer.toString(draining),
                Integer.toString(size),
                Integer.toString(told),
                counts.encode()));
        new TreeMap<>(notes).forEach((name, text) -> {
            parts.add(name);
            parts.add(text);
        });
        return Netstrings.join(parts);
    }

    /** @throws IllegalArgumentException if it was not encoded so */
    static LogEntry decode(Instant at, String text) {
        List<String> parts = Netstrings.split(text);
        if (parts.size() < HEAD || parts.size() % 2 != HEAD % 2 || !parts.get(0).equals(VERSION)) {
            throw new IllegalArgumentException("an entry is of version " + VERSION + ": six parts and pairs behind it");
        }
        Map<String, String> notes = new TreeMap<>();
        for (int i = HEAD; i < parts.size(); i += 2) {
            notes.put(parts.get(i), parts.get(i + 1));
        }
        return new LogEntry(
                at,
                Integer.parseInt(parts.get(1)),
                Integer.parseInt(parts.get(2)),
                Integer.parseInt(parts.get(3)),
                Integer.parseInt(parts.get(4)),
                Integer.parseInt(parts.get(5)),
                LogCounts.decode(parts.get(6)),
                notes);
    }
}
