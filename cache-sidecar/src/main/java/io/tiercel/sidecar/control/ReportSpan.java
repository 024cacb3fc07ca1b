package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.LogCounts;
import io.tiercel.cache.fleet.LogEntry;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a fleet was and did in a part of a report's time, or in all of it.
 *
 * @param at when it began
 * @param minutes how many it has
 * @param recorded of how many of them something is known; if of none, all numbers are 0 and say nothing
 * @param podsMin the fewest pods
 * @param podsMax the most
 * @param podMinutes pods, added up over the recorded minutes
 * @param uncounted of these, minutes of pods that have not told what they counted
 * @param desiredMin the fewest pods that were recommended; null if none were
 * @param desiredMax the most
 * @param pressure the highest of the recommendations; null if there were none
 * @param pressures the same by the id of the trigger, those with data
 * @param pressed minutes with a pressure over 1
 * @param conflicts minutes in which more pods would have made something worse
 * @param counts what the pods counted
 */
public record ReportSpan(
        Instant at,
        int minutes,
        int recorded,
        int podsMin,
        int podsMax,
        long podMinutes,
        long uncounted,
        @Nullable Integer desiredMin,
        @Nullable Integer desiredMax,
        @Nullable Double pressure,
        Map<String, Double> pressures,
        int pressed,
        int conflicts,
        LogCounts counts) {
    /** Copies the map. */
    public ReportSpan {
        requireNonNull(at, "at");
        requireNonNull(counts, "counts");
        pressures = Map.copyOf(pressures);
    }

    /** Pods in the mean of the recorded minutes; null if there are none. */
    public @Nullable Double podsAverage() {
        return ratio(podMinutes, recorded);
    }

    /** Keys read that some tier had: loads that the source did not see. */
    public long avoided() {
        return counts.sum("l1") + counts.sum("l2") + counts.sum("l3") + counts.sum("stale");
    }

    /** Keys read that no tier had: loads that reached the source, if the application loads what it misses. */
    public long loads() {
        return counts.sum("misses");
    }

    /** Commands that failed, those that the rate limit refused not among them. */
    public long errors() {
        return counts.sum("read_errors") + counts.sum("write_errors") + counts.sum("overloaded");
    }

    /** Errors as a share of the commands; null without commands. At most 1: a command may read several keys. */
    public @Nullable Double errorShare() {
        Double share = ratio(errors(), counts.sum("commands"));
        return share == null ? null : Double.valueOf(Math.min(1, share));
    }

    /** Keys that were answered by any tier, as a share of those read; null if none were. */
    public @Nullable Double hitRatio() {
        return ratio(avoided(), counts.sum("reads"));
    }

    /** As {@link #hitRatio} for {@code l1}, {@code l2}, {@code l3} or {@code stale}. */
    public @Nullable Double hitRatio(String tier) {
        return ratio(counts.sum(tier), counts.sum("reads"));
    }

    private static @Nullable Double ratio(long part, long whole) {
        return whole == 0 ? null : Double.valueOf((double) part / whole);
    }

    /** Adds minutes up. Not thread-safe. */
    static final class Tally {
        private final Instant at;
        private final int minutes;
        private int recorded;
        private int podsMin = Integer.MAX_VALUE;
        private int podsMax;
        private long podMinutes;
        private long uncounted;
        private @Nullable Integer desiredMin;
        private @Nullable Integer desiredMax;
        private @Nullable Double pressure;
        private final Map<String, Double> pressures = new TreeMap<>();
        private int pressed;
        private int conflicts;
        private LogCounts counts = LogCounts.NONE;

        Tally(Instant at, int minutes) {
            this.at = at;
            this.minutes = minutes;
        }

        void add(LogEntry entry) {
            recorded++;
            podsMin = Math.min(podsMin, entry.pods());
            podsMax = Math.max(podsMax, entry.pods());
            podMinutes += entry.pods();
            uncounted += Math.max(0, entry.pods() - entry.told());
            counts = counts.plus(entry.counts());
            Double wanted = number(entry.notes().get(ScalingReport.DESIRED));
            if (wanted != null) {
                int desired = wanted.intValue();
                desiredMin = desiredMin == null ? desired : Math.min(desiredMin, desired);
                desiredMax = desiredMax == null ? desired : Math.max(desiredMax, desired);
            }
            Double now = number(entry.notes().get(ScalingReport.PRESSURE));
            if (now != null) {
                pressure = pressure == null ? now : Double.valueOf(Math.max(pressure, now));
                pressed += now > 1 ? 1 : 0;
            }
            ScalingReport.TRIGGERS.forEach(trigger -> {
                Double value = number(entry.notes().get(ScalingReport.PRESSURE + "." + trigger));
                if (value != null) {
                    pressures.merge(trigger, value, Math::max);
                }
            });
            conflicts += entry.notes().containsKey(ScalingReport.CONFLICTS) ? 1 : 0;
        }

        /** What is in Redis may be anything. */
        private static @Nullable Double number(@Nullable String text) {
            return text != null && text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?") ? Double.valueOf(text) : null;
        }

        ReportSpan done() {
            return new ReportSpan(
                    at,
                    minutes,
                    recorded,
                    recorded == 0 ? 0 : podsMin,
                    podsMax,
                    podMinutes,
                    uncounted,
                    desiredMin,
                    desiredMax,
                    pressure,
                    pressures,
                    pressed,
                    conflicts,
                    counts);
        }
    }
}
