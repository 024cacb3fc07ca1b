package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.scaling.Floor;
import io.tiercel.sidecar.control.Overlay.Overridden;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Something that is going to bring load, known before.
 *
 * @param name 1 to 64 of {@code A-Z a-z 0-9 _ . -}
 * @param start when it begins
 * @param end when it ends
 * @param replicas how many pods there shall be at least, from the lead time before the start until the end
 * @param lead how long before the start the pods shall be there
 * @param warmUp whether all pods are warmed up when the lead time begins
 * @param profile what the settings are from the start to the end
 */
public record PlannedEvent(
        String name, Instant start, Instant end, int replicas, Duration lead, boolean warmUp, Profile profile) {
    /** What the name of a field in the fleet's document begins with. */
    static final String PREFIX = "event.";

    private static final int PARTS = 6;

    /** Settings that go together. */
    public enum Profile {
        /** As they are. */
        NORMAL,
        /** Aggressive caching. */
        AGGRESSIVE,
        /** Aggressive caching and a long queue. */
        EMERGENCY;

        /** Its name in JSON. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks that all is there. */
    public PlannedEvent {
        requireNonNull(name, "name");
        requireNonNull(start, "start");
        requireNonNull(end, "end");
        requireNonNull(lead, "lead");
        requireNonNull(profile, "profile");
    }

    /** When its pods shall be there. */
    public Instant from() {
        return start.minus(lead);
    }

    boolean isUnderWay(Instant now) {
        return !now.isBefore(start) && now.isBefore(end);
    }

    /** Whether its pods shall be there. */
    boolean isPrepared(Instant now) {
        return !now.isBefore(from()) && now.isBefore(end);
    }

    Floor floor() {
        return new Floor(Floor.Kind.EVENT, name, replicas, from(), end);
    }

    Map<LiveField, Overridden> settings() {
        Map<LiveField, Overridden> settings = new EnumMap<>(LiveField.class);
        values(profile).forEach((field, value) -> settings.put(field, new Overridden(value, start, end)));
        return settings;
    }

    static Map<LiveField, Object> values(Profile profile) {
        return switch (profile) {
            case NORMAL -> Map.of();
            case AGGRESSIVE -> Map.of(LiveField.AGGRESSIVE, true);
            case EMERGENCY ->
                Map.of(LiveField.AGGRESSIVE, true, LiveField.QUEUE_ENABLED, true, LiveField.QUEUE_MAX_SIZE, 10_000L);
        };
    }

    String text() {
        return String.join(
                "|",
                Long.toString(start.toEpochMilli()),
                Long.toString(end.toEpochMilli()),
                Integer.toString(replicas),
                Long.toString(lead.toMillis()),
                Boolean.toString(warmUp),
                profile.label());
    }

    /**
     * A field of the fleet's document for people.
     *
     * @return empty if it is not a planned event's
     */
    public static Optional<String> inWords(String field, String value) {
        return field.startsWith(PREFIX)
                ? parse(field.substring(PREFIX.length()), value).map(PlannedEvent::words)
                : Optional.empty();
    }

    private String words() {
        return "event " + name + ": " + (replicas == 0 ? "" : replicas + " pods from " + from() + ", ") + start + " to "
                + end + (profile == Profile.NORMAL ? "" : ", " + profile.label());
    }

    private static Optional<PlannedEvent> parse(String name, String text) {
        String[] parts = text.split("\\|", -1);
        if (parts.length != PARTS) {
            return Optional.empty();
        }
        try {
            return Optional.of(new PlannedEvent(
                    name,
                    Instant.ofEpochMilli(Long.parseLong(parts[0])),
                    Instant.ofEpochMilli(Long.parseLong(parts[1])),
                    Integer.parseInt(parts[2]),
                    Duration.ofMillis(Long.parseLong(parts[3])),
                    Boolean.parseBoolean(parts[4]),
                    Profile.valueOf(parts[5].toUpperCase(Locale.ROOT))));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // of another version: it has said so in its log when it was set
        }
    }

    /** Those that are planned or under way, the first to begin first. */
    static List<PlannedEvent> of(FleetDocument document) {
        List<PlannedEvent> events = new ArrayList<>();
        document.fields().forEach((field, set) -> {
            if (field.startsWith(PREFIX)) {
                parse(field.substring(PREFIX.length()), set.value()).ifPresent(events::add);
            }
        });
        events.sort(Comparator.comparing(PlannedEvent::start).thenComparing(PlannedEvent::name));
        return events;
    }
}
