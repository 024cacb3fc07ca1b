package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.LogEntry;
import io.tiercel.cache.fleet.scaling.Trigger;
import io.tiercel.sidecar.control.FleetMinutes.Price;
import io.tiercel.sidecar.control.ReportSpan.Tally;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a fleet between two times.
 *
 * @param from when it begins
 * @param to when it ends
 * @param minute how long what is called a minute here is
 * @param step how long each point is, a multiple of the minute
 * @param total all of it
 * @param points parts of it, of one length but the last, without gaps between them, 500 at most
 * @param periods events and emergencies, as far as they fall into it; 200 at most
 * @param price what a pod costs; null if that is not known
 */
public record ScalingReport(
        Instant from,
        Instant to,
        Duration minute,
        Duration step,
        ReportSpan total,
        List<ReportSpan> points,
        List<Period> periods,
        @Nullable Price price) {
    static final String VERSION = "version";
    static final String DESIRED = "desired";
    static final String PRESSURE = "pressure";
    static final String CONFLICTS = "conflicts";
    static final String EVENTS = "events";
    static final String EMERGENCY = "emergency";
    static final List<String> TRIGGERS =
            Arrays.stream(Trigger.values()).map(Trigger::id).toList();

    private static final int MOST_POINTS = 500;
    private static final int MOST_PERIODS = 200;
    private static final int MOST_NAMES = 20;
    private static final int[] STEPS = {1, 2, 5, 10, 15, 30, 60};

    /** Copies the lists. */
    public ScalingReport {
        requireNonNull(from, "from");
        requireNonNull(to, "to");
        requireNonNull(minute, "minute");
        requireNonNull(step, "step");
        requireNonNull(total, "total");
        points = List.copyOf(points);
        periods = List.copyOf(periods);
    }

    /**
     * A time in which a planned event's pods were to be there, or an emergency was on.
     *
     * @param kind {@code event} or {@code emergency}
     * @param name the event's; of an emergency the pods that it asked for
     * @param from the first minute with it
     * @param to the end of the last
     */
    public record Period(String kind, String name, Instant from, Instant to) {
        /** Checks that all is there. */
        public Period {
            requireNonNull(kind, "kind");
            requireNonNull(name, "name");
            requireNonNull(from, "from");
            requireNonNull(to, "to");
        }
    }

    /** Pods times hours of the recorded minutes, whatever the pods were doing. */
    public double podHours() {
        return total.podMinutes() * (minute.toMillis() / 3_600_000.0);
    }

    /** What these have cost, in the price's currency; null if the price is not known. */
    public @Nullable Double cost() {
        return price == null ? null : Double.valueOf(podHours() * price.podHour());
    }

    /** What a million commands have cost; null without a price or commands. */
    public @Nullable Double costPerMillion() {
        long commands = total.counts().sum("commands");
        Double cost = cost();
        return cost == null || commands == 0 ? null : Double.valueOf(cost * 1_000_000 / commands);
    }

    /** Makes a report of entries. Not thread-safe, but for one thread after the other. */
    static final class Builder {
        private final Instant from;
        private final Instant to;
        private final Duration minute;
        private final @Nullable Price price;
        private final int each;
        private final Tally total;
        private final List<Tally> points = new ArrayList<>();
        private final List<Period> periods = new ArrayList<>();
        private final Map<String, Period> open = new LinkedHashMap<>();

        Builder(Instant from, Instant to, Duration minute, @Nullable Price price) {
            this.from = from;
            this.to = to;
            this.minute = minute;
            this.price = price;
            long minutes = Duration.between(from, to).toMillis() / minute.toMillis();
            if (minutes < 1 || minutes > (long) MOST_POINTS * STEPS[STEPS.length - 1]) {
                throw new IllegalArgumentException("from " + from + " to " + to + " are not 1 to 30000 minutes");
            }
            this.each = each(minutes);
            this.total = new Tally(from, (int) minutes);
            for (long i = 0; i < minutes; i += each) {
                points.add(new Tally(from.plus(minute.multipliedBy(i)), (int) Math.min(each, minutes - i)));
            }
        }

        private static int each(long minutes) {
            for (int step : STEPS) {
                if (minutes <= (long) step * MOST_POINTS) {
                    return step;
                }
            }
            throw new IllegalArgumentException("too many minutes: " + minutes);
        }

        void add(LogEntry entry) {
            long number = Duration.between(from, entry.at()).toMillis() / minute.toMillis();
            if (entry.at().isBefore(from) || !entry.at().isBefore(to)) {
                return;
            }
            total.add(entry);
            points.get((int) (number / each)).add(entry);
            Map<String, Period> now = new LinkedHashMap<>();
            String events = entry.notes().get(EVENTS);
            if (events != null) {
                for (String name : events.split(",", MOST_NAMES)) {
                    note(now, "event", name, entry.at());
                }
            }
            String emergency = entry.notes().get(EMERGENCY);
            if (emergency != null) {
                note(now, "emergency", emergency, entry.at());
            }
            open.forEach((key, period) -> {
                if (!now.containsKey(key)) {
                    close(period);
                }
            });
            open.clear();
            open.putAll(now);
        }

        private void note(Map<String, Period> now, String kind, String name, Instant at) {
            String key = kind + " " + name;
            Period before = open.get(key);
            now.put(key, new Period(kind, name, before == null ? at : before.from(), at.plus(minute)));
        }

        private void close(Period period) {
            if (periods.size() < MOST_PERIODS) {
                periods.add(period);
            }
        }

        ScalingReport build() {
            open.values().forEach(this::close);
            open.clear();
            return new ScalingReport(
                    from,
                    to,
                    minute,
                    minute.multipliedBy(each),
                    total.done(),
                    points.stream().map(Tally::done).toList(),
                    periods,
                    price);
        }
    }
}
