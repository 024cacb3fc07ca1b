package io.tiercel.sidecar.control;

import io.tiercel.sidecar.control.RefusedException.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What operators can change while the sidecar runs. Values have one of the types {@link Long}, {@link Boolean},
 * {@link Duration}, {@link RateScope} and {@link TierMode}; in JSON they are whole numbers, booleans and words.
 */
public enum LiveField {
    /** How long copies are used; see {@link CacheSettings#ttl}. */
    TTL("ttl", "ttl", Group.CACHE, Type.SECONDS, 1, 2_592_000),
    /** See {@link CacheSettings#aggressive}. */
    AGGRESSIVE("aggressive", "aggressive", Group.CACHE, Type.FLAG, 0, 0),
    /** See {@link QueueSettings#enabled}. */
    QUEUE_ENABLED("queue_enabled", "queue-enabled", Group.QUEUE, Type.FLAG, 0, 0),
    /** See {@link QueueSettings#maxSize}. */
    QUEUE_MAX_SIZE("queue_max_size", "queue-max-size", Group.QUEUE, Type.WHOLE, 1, 1_000_000),
    /** See {@link QueueSettings#timeout}. */
    QUEUE_TIMEOUT("queue_timeout_ms", "queue-timeout", Group.QUEUE, Type.MILLIS, 1, 60_000),
    /** See {@link RateSettings#requestsPerMinute}. */
    REQUESTS_PER_MINUTE("requests_per_minute", "rate-requests-per-minute", Group.RATE, Type.WHOLE, 0, 1_000_000_000),
    /** See {@link RateSettings#burst}. */
    BURST("burst", "rate-burst", Group.RATE, Type.WHOLE, 1, 1_000_000_000),
    /** See {@link RateSettings#per}. */
    PER("per", "rate-per", Group.RATE, Type.SCOPE, 0, 0),
    /** What Redis may be used for. */
    L2_MODE("l2_mode", "", Group.TIERS, Type.MODE, 0, 0),
    /** What Memcached may be used for. */
    L3_MODE("l3_mode", "", Group.TIERS, Type.MODE, 0, 0),
    /** Whether clients are being sent away. */
    DRAINING("draining", "", Group.DRAIN, Type.FLAG, 0, 0);

    /** Fields that are changed and reset together. */
    public enum Group {
        /** How long copies are used. */
        CACHE,
        /** The queue before Redis. */
        QUEUE,
        /** The rate limit. */
        RATE,
        /** What tiers may be used for. */
        TIERS,
        /** Whether clients are being sent away. */
        DRAIN
    }

    private enum Type {
        WHOLE,
        SECONDS,
        MILLIS,
        FLAG,
        SCOPE,
        MODE
    }

    private static final List<LiveField> ALL = List.of(values());

    private final String label;
    private final String setting;
    private final Group group;
    private final Type type;
    private final long least;
    private final long most;

    LiveField(String label, String setting, Group group, Type type, long least, long most) {
        this.label = label;
        this.setting = setting;
        this.group = group;
        this.type = type;
        this.least = least;
        this.most = most;
    }

    /** Its name in JSON. */
    public String label() {
        return label;
    }

    /** The name of the start-up setting that it overrides, empty if there is none. */
    public String setting() {
        return setting;
    }

    /** With which others it is changed and reset. */
    public Group group() {
        return group;
    }

    /** The fields of a group. */
    public static List<LiveField> of(Group group) {
        return ALL.stream().filter(field -> field.group == group).toList();
    }

    /** The field of that name in JSON. */
    public static Optional<LiveField> named(String label) {
        return ALL.stream().filter(field -> field.label.equals(label)).findFirst();
    }

    /** What a value has to be, in words that go behind "must be". */
    public String expected() {
        return switch (type) {
            case WHOLE -> "a whole number from " + least + " to " + most;
            case SECONDS -> "a whole number of seconds from " + least + " to " + most;
            case MILLIS -> "a whole number of milliseconds from " + least + " to " + most;
            case FLAG -> "true or false";
            case SCOPE -> "one of \"pod\", \"fleet\" and \"client\"";
            case MODE -> "one of \"normal\", \"bypass\" and \"read-only\"";
        };
    }

    /**
     * The value that JSON gives, as the field's own type. Nothing is converted: {@code "5"} is no number.
     *
     * @param json a {@link Long}, {@link Boolean} or {@link String}, or anything else, which is refused
     * @param faults where it is said what is wrong
     * @return null if it is refused
     */
    @Nullable
    public Object value(@Nullable Object json, List<Fault> faults) {
        if (type == Type.FLAG && json instanceof Boolean) {
            return json;
        }
        if (json instanceof String word) {
            for (Enum<?> choice : choices()) {
                if (word(choice).equals(word)) {
                    return choice;
                }
            }
        } else if (json instanceof Long number && isNumber() && number >= least && number <= most) {
            return switch (type) {
                case SECONDS -> Duration.ofSeconds(number);
                case MILLIS -> Duration.ofMillis(number);
                default -> number;
            };
        }
        faults.add(new Fault(label, "must be " + expected()));
        return null;
    }

    /**
     * What {@link #json} gives, from its text.
     *
     * @return null if it is no value of this field
     */
    @Nullable
    Object parsed(String text) {
        Object json = switch (type) {
            case FLAG -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
            case MODE, SCOPE -> text;
            case WHOLE, SECONDS, MILLIS -> text.matches("[0-9]{1,18}") ? Long.valueOf(text) : null;
        };
        return value(json, new ArrayList<>());
    }

    private boolean isNumber() {
        return type == Type.WHOLE || type == Type.SECONDS || type == Type.MILLIS;
    }

    private List<Enum<?>> choices() {
        return switch (type) {
            case SCOPE -> List.of(RateScope.values());
            case MODE -> List.of(TierMode.values());
            case WHOLE, SECONDS, MILLIS, FLAG -> List.of();
        };
    }

    /** A value as JSON has it: a number, a boolean or a string. A time that is no whole number of its unit is a fraction. */
    Object json(Object value) {
        if (value instanceof Enum<?> choice) {
            return word(choice);
        }
        if (value instanceof Duration time) {
            double unit = type == Type.SECONDS ? 1e9 : 1e6;
            double amount = time.toNanos() / unit;
            return amount == Math.rint(amount) ? (Object) (long) amount : (Object) amount;
        }
        return value;
    }

    /** A value for people, with its unit. */
    String text(Object value) {
        String unit = switch (type) {
            case SECONDS -> "s";
            case MILLIS -> "ms";
            default -> "";
        };
        return json(value) + unit;
    }

    /** The name in JSON of a mode, or of who shares a limit. */
    public static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
