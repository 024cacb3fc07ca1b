package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one pod publishes with its heartbeat. A trigger that is not there has no data, or only data that is too old.
 *
 * @param readings by trigger, in the order of the triggers
 * @param connections what a reading of {@link Trigger#DB_CONNECTIONS} has counted
 */
public record SignalSnapshot(Map<Trigger, Reading> readings, ConnectionScope connections) {
    /** The longest text that {@link #encode()} makes and {@link #decode} takes, in characters, all of one byte: 300. */
    public static final int LONGEST = 300;

    /** Of a pod that knows nothing. */
    public static final SignalSnapshot EMPTY = new SignalSnapshot(Map.of(), ConnectionScope.POD);

    private static final String PARTIAL = "p";
    private static final String DATABASE = "d";

    /** Copies the map. */
    public SignalSnapshot {
        Map<Trigger, Reading> copy = new EnumMap<>(Trigger.class);
        copy.putAll(readings);
        readings = Collections.unmodifiableMap(copy);
        requireNonNull(connections, "connections");
    }

    /** The reading of a trigger, null if there is none. */
    public @Nullable Reading of(Trigger trigger) {
        return readings.get(trigger);
    }

    /**
     * The highest {@linkplain Reading#shownPressure() pressure} of the triggers that ask for pods; not that of database
     * connections, since whoever scales on this number would open more. 0 without data.
     */
    public double maxPressure() {
        return readings.entrySet().stream()
                .filter(entry -> entry.getKey().answer() != Trigger.Answer.BRAKE)
                .mapToDouble(entry -> entry.getValue().shownPressure())
                .max()
                .orElse(0);
    }

    /**
     * As text: {@code cpu=0.61/0.8714;p95=0.2/0.05/p}. Value and pressure of each trigger; {@code p} if its window is not
     * full, {@code d} if the database's connections are counted.
     */
    public String encode() {
        StringBuilder text = new StringBuilder();
        readings.forEach((trigger, reading) -> {
            text.append(text.isEmpty() ? "" : ";").append(trigger.id()).append('=');
            text.append(Fields.number(reading.value())).append('/').append(Fields.number(reading.pressure()));
            boolean database = trigger == Trigger.DB_CONNECTIONS && connections == ConnectionScope.DATABASE;
            String flags = (reading.full() ? "" : PARTIAL) + (database ? DATABASE : "");
            text.append(flags.isEmpty() ? "" : "/").append(flags);
        });
        return text.toString();
    }

    /**
     * What {@link #encode()} made. Takes text from anybody.
     *
     * @throws IllegalArgumentException if it is anything else; the message names the field and what was expected
     */
    public static SignalSnapshot decode(String text) {
        Fields.longest("signals", text, LONGEST);
        Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
        ConnectionScope connections = ConnectionScope.POD;
        for (String part : Fields.parts("signals", text, ';', Trigger.values().length)) {
            int equals = part.indexOf('=');
            Trigger trigger = Trigger.of(part.substring(0, Math.max(0, equals)));
            var numbers = Fields.parts(trigger.id(), part.substring(equals + 1), '/', 3);
            if (numbers.size() < 2) {
                throw new IllegalArgumentException(trigger.id() + " must have a value and a pressure");
            }
            String flags = numbers.size() < 3 ? "" : numbers.get(2);
            boolean database = flags.endsWith(DATABASE) && trigger == Trigger.DB_CONNECTIONS;
            boolean partial = flags.startsWith(PARTIAL);
            if (!flags.equals((partial ? PARTIAL : "") + (database ? DATABASE : ""))) {
                throw new IllegalArgumentException(
                        trigger.id() + " must have no flags but p and, for db_connections, d: " + Fields.shown(flags));
            }
            connections = database ? ConnectionScope.DATABASE : connections;
            Reading reading = new Reading(
                    Fields.number(trigger.id() + ".value", numbers.get(0)),
                    Fields.number(trigger.id() + ".pressure", numbers.get(1)),
                    !partial);
            if (readings.put(trigger, reading) != null) {
                throw new IllegalArgumentException(trigger.id() + " must be there once");
            }
        }
        return new SignalSnapshot(readings, connections);
    }
}
