package io.tiercel.sidecar.control;

import io.tiercel.cache.fleet.LogCounts;
import io.tiercel.cache.fleet.LogEntry;
import io.tiercel.sidecar.control.FleetMinutes.Price;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Reports of days that never were, the same each time. */
public final class MadeUpReports {
    /** When they begin. */
    public static final Instant MIDNIGHT = Instant.parse("2026-11-27T00:00:00Z");

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private MadeUpReports() {}

    /** A minute of a report. */
    static LogEntry entry(int minute, int pods, Map<String, Long> sums, Map<String, String> notes) {
        return new LogEntry(
                MIDNIGHT.plus(MINUTE.multipliedBy(minute)),
                0,
                pods,
                0,
                Math.max(1, pods),
                pods,
                new LogCounts(sums, Map.of()),
                notes);
    }

    /** Of some entries. */
    public static ScalingReport of(int minutes, @Nullable Price price, List<LogEntry> entries) {
        ScalingReport.Builder builder =
                new ScalingReport.Builder(MIDNIGHT, MIDNIGHT.plus(MINUTE.multipliedBy(minutes)), MINUTE, price);
        entries.forEach(builder::add);
        return builder.build();
    }

    /** Nothing known of it. */
    public static ScalingReport empty(int minutes) {
        return of(minutes, null, List.of());
    }

    /**
     * From 6:00 a sale for which 12 pods are there at 7:40, from 8:00 to 11:00; at 13:00 Redis is away for half an hour; at
     * 16:00 an emergency.
     *
     * @param event the sale's name
     */
    public static ScalingReport day(int minutes, String event, @Nullable Price price) {
        Random random = new Random(7);
        ScalingReport.Builder builder =
                new ScalingReport.Builder(MIDNIGHT, MIDNIGHT.plus(MINUTE.multipliedBy(minutes)), MINUTE, price);
        double pods = 3;
        int desired = 3;
        for (int i = 0; i < minutes; i++) {
            int m = i % 1_440;
            double load = 30_000 + 22_000 * Math.max(0, Math.sin((m - 360) * Math.PI / 960)) + random.nextInt(2_000);
            Map<String, String> notes = new HashMap<>();
            if (m >= 460 && m < 660) {
                notes.put(ScalingReport.EVENTS, event);
                load *= m >= 480 ? 3.2 : 1.2;
            }
            boolean emergency = m >= 960 && m < 1_005;
            if (emergency) {
                notes.put(ScalingReport.EMERGENCY, "16");
                load *= 2.6;
            }
            double pressure = load / desired / 17_000;
            int wanted = (int) Math.ceil(load / 17_000);
            int floor = emergency ? 16 : m >= 460 && m < 660 ? 12 : 2;
            int target = Math.max(floor, wanted);
            desired = target > desired ? target : m % 5 == 0 ? Math.max(target, desired - 3) : desired;
            pods += Math.signum(desired - pods) * Math.min(2, Math.abs(desired - pods));
            if (m >= 780 && m < 810) {
                continue;
            }
            double joining = Math.max(0, desired - pods) / desired;
            double l1 = .86 - .2 * joining + random.nextDouble() * .01;
            double misses = .034 + .02 * (emergency ? 1 : 0) + random.nextDouble() * .004;
            long reads = ((long) load) * 9;
            notes.put(ScalingReport.DESIRED, Integer.toString(desired));
            notes.put(ScalingReport.PRESSURE, String.format(java.util.Locale.ROOT, "%.4f", pressure));
            notes.put(ScalingReport.VERSION, "41");
            builder.add(new LogEntry(
                    MIDNIGHT.plus(MINUTE.multipliedBy(i)),
                    0,
                    (int) pods,
                    0,
                    (int) pods,
                    (int) pods - (pods < desired ? 1 : 0),
                    new LogCounts(
                            Map.of(
                                    "commands",
                                    reads + 4_000,
                                    "reads",
                                    reads,
                                    "l1",
                                    (long) (reads * l1),
                                    "l2",
                                    (long) (reads * (1 - l1 - misses)),
                                    "misses",
                                    (long) (reads * misses),
                                    "read_errors",
                                    (long) (reads * (emergency ? .002 : .00002))),
                            Map.of("p99", (long) (1_400 + pressure * 900 + random.nextInt(200)))),
                    notes));
        }
        return builder.build();
    }
}
