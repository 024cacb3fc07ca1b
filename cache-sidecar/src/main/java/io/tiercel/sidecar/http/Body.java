package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.LiveField;
import io.tiercel.sidecar.control.RefusedException.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a request's body. What is wrong with them is collected, so that a caller is told of all of it at once;
 * {@link #check} then ends the request before anything is done. Not thread-safe.
 */
final class Body {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
    private static final int LONGEST_REASON = 200;

    private final Map<String, Object> fields;
    private final List<Fault> faults = new ArrayList<>();

    /**
     * The body of a route.
     *
     * @param known the only names that it may have
     */
    Body(Map<String, Object> fields, Set<String> known) {
        this.fields = fields;
        for (String name : fields.keySet()) {
            if (!known.contains(name)) {
                fault(
                        Json.shown(name),
                        known.isEmpty()
                                ? "is unknown: there are no fields here"
                                : "is unknown: there are " + String.join(", ", known));
            }
        }
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    /** Those of the fields that are there, as {@link io.tiercel.sidecar.control.Change} takes them. */
    Map<LiveField, Object> live(List<LiveField> fields) {
        Map<LiveField, Object> values = new EnumMap<>(LiveField.class);
        for (LiveField field : fields) {
            Object json = this.fields.get(field.label());
            if (json != null && field.value(json, faults) != null) {
                values.put(field, json);
            }
        }
        return values;
    }

    /** A value for a field that goes by another name here; null if there is none that is valid, and it is required. */
    @Nullable
    Object live(LiveField field, String name) {
        Object json = fields.get(name);
        if (field.value(json, new ArrayList<>()) != null) {
            return json;
        }
        fault(name, "must be " + field.expected());
        return null;
    }

    long whole(String name, long least, long most, long otherwise) {
        Object value = fields.get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return number;
        }
        fault(name, "must be a whole number from " + least + " to " + most);
        return otherwise;
    }

    Optional<String> text(String name, int shortest, int longest) {
        Object value = fields.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text && text.length() >= shortest && text.length() <= longest) {
            return Optional.of(text);
        }
        fault(name, "must be a string of " + shortest + " to " + longest + " characters");
        return Optional.empty();
    }

    String reason() {
        return text("reason", 0, LONGEST_REASON).orElse("");
    }

    OptionalDouble number(String name, double least, double most) {
        Object value = fields.get(name);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value instanceof Number number && number.doubleValue() >= least && number.doubleValue() <= most) {
            return OptionalDouble.of(number.doubleValue());
        }
        fault(name, "must be a number from " + (long) least + " to " + (long) most);
        return OptionalDouble.empty();
    }

    boolean flag(String name, boolean otherwise) {
        Object value = fields.get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        fault(name, "must be true or false");
        return otherwise;
    }

    Optional<String> choice(String name, List<String> choices) {
        Object value = fields.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text && choices.contains(text)) {
            return Optional.of(text);
        }
        fault(name, "must be one of " + String.join(", ", choices));
        return Optional.empty();
    }

    /** A moment, which must be there; null if it is not one. */
    @Nullable
    Instant instant(String name) {
        if (fields.get(name) instanceof String text) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException e) {
                // As any other text that is none.
            }
        }
        fault(name, "must be a time with its offset, such as \"2026-11-27T08:00:00Z\"");
        return null;
    }

    /** Strings, at least one; empty if the field is absent. */
    List<String> texts(String name, int most) {
        Object value = fields.get(name);
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> items && !items.isEmpty() && items.size() <= most) {
            for (Object item : items) {
                if (item instanceof String text) {
                    texts.add(text);
                }
            }
            if (texts.size() == items.size()) {
                return texts;
            }
        }
        fault(name, "must be an array of 1 to " + most + " strings");
        return List.of();
    }

    /** A time such as {@code "30m"}. */
    Optional<Duration> duration(String name, Duration least, Duration most) {
        Object value = fields.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            Optional<Duration> duration = duration(text);
            if (duration.isPresent()
                    && duration.get().compareTo(least) >= 0
                    && duration.get().compareTo(most) <= 0) {
                return duration;
            }
        }
        fault(name, "must be a time such as \"90s\" or \"30m\", from " + text(least) + " to " + text(most));
        return Optional.empty();
    }

    static Optional<Duration> duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long amount = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                });
    }

    private static String text(Duration duration) {
        if (duration.toMillis() % 1_000 != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    void fault(String field, String message) {
        faults.add(new Fault(field, message));
    }

    /** Ends the request if anything is wrong with the body. */
    void check() throws ProblemException {
        if (!faults.isEmpty()) {
            throw ProblemException.invalid(faults);
        }
    }
}
