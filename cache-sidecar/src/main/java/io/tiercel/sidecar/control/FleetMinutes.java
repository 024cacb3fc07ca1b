package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.FleetLog;
import io.tiercel.cache.fleet.scaling.Conflict;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.cache.fleet.scaling.TriggerRow;
import io.tiercel.sidecar.control.RefusedException.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the fleet was and did each minute, for a week, and makes reports of it. Thread-safe; nothing blocks.
 */
public final class FleetMinutes implements AutoCloseable {
    /** For how long minutes are kept. */
    public static final Duration KEPT = Duration.ofDays(7);

    private static final Logger LOG = LoggerFactory.getLogger(FleetMinutes.class);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** A look every five seconds, a heartbeat every three, and as much again. */
    private static final Duration WAIT = Duration.ofSeconds(20);

    private static final long LOOK_MILLIS = 5_000;
    private static final int MOST_NAMED = 5;

    private final FleetControls controls;
    private final FleetEvents events;
    private final Scaling scaling;
    private final CacheBackend backend;
    private final @Nullable Price price;
    private final FleetLog log;
    private final ScheduledFuture<?> looking;

    /**
     * What a pod costs.
     *
     * @param podHour for an hour; over 0
     * @param currency in what; empty if that is not said
     */
    public record Price(double podHour, String currency) {
        /** Checks that it is a price. */
        public Price {
            requireNonNull(currency, "currency");
            if (!(podHour > 0)) {
                throw new IllegalArgumentException("podHour must be over 0: " + podHour);
            }
        }
    }

    /**
     * Counts from here on.
     *
     * @param price null if it is not known
     * @param scheduler for short tasks; not shut down by {@link #close}
     */
    public FleetMinutes(
            FleetControls controls,
            FleetEvents events,
            Scaling scaling,
            CacheBackend backend,
            @Nullable Price price,
            ScheduledExecutorService scheduler) {
        this.controls = requireNonNull(controls, "controls");
        this.events = requireNonNull(events, "events");
        this.scaling = requireNonNull(scaling, "scaling");
        this.backend = requireNonNull(backend, "backend");
        this.price = price;
        this.log = controls.fleet().log(MINUTE, WAIT, KEPT);
        this.looking = scheduler.scheduleWithFixedDelay(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** What this pod has counted in the last minute, for the others; see {@link FleetLog#FACT}. */
    public String fact() {
        return log.fact();
    }

    /** The end of the last minute that should have been written down. */
    public Instant until() {
        return log.until();
    }

    /**
     * What happened between two times.
     *
     * @param from the beginning of a minute
     * @param to before which minutes begin; after {@code from}, by {@link #KEPT} at most
     * @return fails with a {@link RefusedException} if Redis cannot be asked
     */
    public CompletionStage<ScalingReport> report(Instant from, Instant to) {
        ScalingReport.Builder builder = new ScalingReport.Builder(from, to, log.slot(), price);
        return log.read(from, to, builder::add).handle((done, failure) -> {
            if (failure != null) {
                throw new CompletionException(
                        new RefusedException(Why.UNAVAILABLE, "Redis, which keeps the minutes, cannot be asked."));
            }
            return builder.build();
        });
    }

    private void look() {
        try {
            Traffic traffic = backend.traffic();
            log.look(totals(traffic), Map.of("p99", traffic.p99Micros(), "queued", traffic.queued()), this::notes);
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.warn("The minute could not be written down", e);
        }
    }

    private static Map<String, Long> totals(Traffic traffic) {
        return Map.ofEntries(
                Map.entry("commands", traffic.commands()),
                Map.entry("reads", traffic.reads()),
                Map.entry("writes", traffic.writes()),
                Map.entry("l1", traffic.l1Hits()),
                Map.entry("l2", traffic.l2Hits()),
                Map.entry("l3", traffic.l3Hits()),
                Map.entry("stale", traffic.staleHits()),
                Map.entry("misses", traffic.misses()),
                Map.entry("read_errors", traffic.readErrors()),
                Map.entry("write_errors", traffic.writeErrors()),
                Map.entry("rate_limited", traffic.rateLimited()),
                Map.entry("overloaded", traffic.overloaded()));
    }

    private Map<String, String> notes() {
        Instant now = controls.fleet().time();
        Map<String, String> notes = new LinkedHashMap<>();
        notes.put(
                ScalingReport.VERSION,
                Long.toString(controls.fleet().config().document().version()));
        Recommendation last = scaling.last();
        if (last != null) {
            notes.put(ScalingReport.DESIRED, Integer.toString(last.desired()));
            notes.put(ScalingReport.PRESSURE, number(last.pressure()));
            for (TriggerRow row : last.triggers()) {
                if (row.data() == TriggerRow.Data.COMPLETE || row.data() == TriggerRow.Data.PARTIAL) {
                    notes.put(ScalingReport.PRESSURE + "." + row.trigger().id(), number(row.ratio()));
                }
            }
            if (!last.conflicts().isEmpty()) {
                notes.put(
                        ScalingReport.CONFLICTS,
                        last.conflicts().stream()
                                .map(Conflict::trigger)
                                .map(trigger -> trigger.id())
                                .collect(Collectors.joining(",")));
            }
        }
        String named = events.planned().stream()
                .filter(event -> event.isPrepared(now))
                .limit(MOST_NAMED)
                .map(PlannedEvent::name)
                .collect(Collectors.joining(","));
        if (!named.isEmpty()) {
            notes.put(ScalingReport.EVENTS, named);
        }
        events.emergency().ifPresent(on -> notes.put(ScalingReport.EMERGENCY, Integer.toString(on.replicas())));
        return notes;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    @Override
    public void close() {
        boolean unused = looking.cancel(false);
    }
}
