package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One version of what a fleet's operators have set. Immutable.
 *
 * @param version from 1; 0 when nothing was ever set
 * @param fields what is set, by name; what has expired is still here until somebody has taken it out
 */
public record FleetDocument(long version, Map<String, Field> fields) {
    static final FleetDocument NONE = new FleetDocument(0, Map.of());

    /** Copies the fields. */
    public FleetDocument {
        fields = Map.copyOf(fields);
    }

    /**
     * A value that is set.
     *
     * @param value what it was set to
     * @param since when, by Redis' clock
     * @param expiresAt when it counts no more, by Redis' clock; null for never
     */
    public record Field(
            String value, Instant since, @Nullable Instant expiresAt) {
        /** Checks that there is a value. */
        public Field {
            requireNonNull(value, "value");
            requireNonNull(since, "since");
        }

        /** Whether it counts no more. */
        public boolean isExpiredAt(Instant now) {
            return expiresAt != null && !now.isBefore(expiresAt);
        }

        String raw() {
            return (expiresAt == null ? 0 : expiresAt.toEpochMilli()) + "|" + since.toEpochMilli() + "|" + value;
        }

        /** @throws IllegalArgumentException if it was not written so */
        static Field of(String raw) {
            String[] parts = raw.split("\\|", 3);
            if (parts.length != 3) {
                throw new IllegalArgumentException("a field is written as two times and a value");
            }
            long until = Long.parseLong(parts[0]);
            return new Field(
                    parts[2],
                    Instant.ofEpochMilli(Long.parseLong(parts[1])),
                    until == 0 ? null : Instant.ofEpochMilli(until));
        }
    }

    /** What counts at that moment, by name. */
    public Map<String, String> valuesAt(Instant now) {
        Map<String, String> values = new TreeMap<>();
        fields.forEach((name, field) -> {
            if (!field.isExpiredAt(now)) {
                values.put(name, field.value());
            }
        });
        return values;
    }

    /** As one text, for a file; {@link #parse} reads it. */
    public String text() {
        List<String> parts = new ArrayList<>();
        parts.add(Long.toString(version));
        new TreeMap<>(fields).forEach((name, field) -> {
            parts.add(name);
            parts.add(field.raw());
        });
        return Netstrings.join(parts);
    }

    /**
     * What {@link #text} made.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static FleetDocument parse(String text) {
        List<String> parts = Netstrings.split(text);
        if (parts.size() % 2 != 1) {
            throw new IllegalArgumentException("a document is a version and pairs");
        }
        return of(Long.parseLong(parts.get(0)), parts.subList(1, parts.size()));
    }

    static FleetDocument of(long version, List<String> pairs) {
        Map<String, Field> fields = new LinkedHashMap<>();
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            fields.put(pairs.get(i), Field.of(pairs.get(i + 1)));
        }
        return new FleetDocument(version, fields);
    }
}
