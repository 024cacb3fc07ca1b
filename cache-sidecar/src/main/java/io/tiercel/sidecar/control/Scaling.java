package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.FleetCell;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.AppMetrics;
import io.tiercel.cache.fleet.scaling.AppScraper;
import io.tiercel.cache.fleet.scaling.CgroupReader;
import io.tiercel.cache.fleet.scaling.CgroupUse;
import io.tiercel.cache.fleet.scaling.ConnectionScope;
import io.tiercel.cache.fleet.scaling.PodSignals;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.cache.fleet.scaling.Recommender;
import io.tiercel.cache.fleet.scaling.ScalingSettings;
import io.tiercel.cache.fleet.scaling.ScalingState;
import io.tiercel.cache.fleet.scaling.SignalSnapshot;
import io.tiercel.cache.fleet.scaling.Signals;
import io.tiercel.cache.fleet.scaling.Trigger;
import io.tiercel.sidecar.control.RefusedException.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the fleet should have more pods or fewer. Each pod measures itself and says so with its heartbeat; whoever is
 * first in a slot of 15 seconds makes the recommendation of all that was said, and all pods show it.
 *
 * <p>Thread-safe; nothing blocks but a look at a few small files of the control group, on the scheduler.
 */
public final class Scaling implements AutoCloseable {
    /** What the fact of a member is called that holds its signals. */
    public static final String FACT = "signals";

    private static final Logger LOG = LoggerFactory.getLogger(Scaling.class);
    private static final long TICK_SECONDS = 5;
    private static final Duration REPORT_HOLDS = Duration.ofSeconds(60);
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final Duration OLD = Duration.ofMinutes(2);
    private static final int TICKS_PER_SCRAPE = 3;

    private final Fleet fleet;
    private final FleetEvents events;
    private final CacheBackend backend;
    private final ScalingSettings settings;
    private final Signals signals;
    private final Recommender recommender;
    private final CgroupReader cgroup;
    private final @Nullable AppScraper app;
    private final FleetCell cell;
    private final ScheduledFuture<?> ticking;

    private volatile ScalingState state = ScalingState.EMPTY;
    private volatile SignalSnapshot own = SignalSnapshot.EMPTY;
    private volatile Instant cpuReported = Instant.EPOCH;
    private volatile Instant memoryReported = Instant.EPOCH;
    private @Nullable Traffic before;
    private long ticks;
    private boolean scrapeFails;

    /**
     * Measures from here on.
     *
     * @param app fetches the application's metrics; null if it reports them or nobody does
     * @param scheduler for short tasks; not shut down by {@link #close}
     */
    public Scaling(
            Fleet fleet,
            FleetEvents events,
            CacheBackend backend,
            ScalingSettings settings,
            CgroupReader cgroup,
            @Nullable AppScraper app,
            ScheduledExecutorService scheduler) {
        this.fleet = requireNonNull(fleet, "fleet");
        this.events = requireNonNull(events, "events");
        this.backend = requireNonNull(backend, "backend");
        this.settings = requireNonNull(settings, "settings");
        this.signals = new Signals(settings);
        this.recommender = new Recommender(settings);
        this.cgroup = requireNonNull(cgroup, "cgroup");
        this.app = app;
        this.cell = fleet.cell("scaling");
        this.ticking = scheduler.scheduleAtFixedRate(this::tick, TICK_SECONDS, TICK_SECONDS, TimeUnit.SECONDS);
    }

    /** When the fleet grows and shrinks. */
    public ScalingSettings settings() {
        return settings;
    }

    /** What this pod has measured, as the others are told. */
    public SignalSnapshot own() {
        return own;
    }

    /** What was recommended last, as far as it is known here; null before the first. */
    public @Nullable Recommendation last() {
        return state.recommendation();
    }

    /**
     * What is recommended now, the same at every pod. Fails with a {@link RefusedException} if nothing has been for two
     * minutes.
     */
    public CompletionStage<Recommendation> recommendation() {
        return cell.read().orTimeout(ANSWER.toMillis(), TimeUnit.MILLISECONDS).handle((content, failure) -> {
            if (failure == null) {
                take(content);
            }
            Recommendation last = state.recommendation();
            if (last == null || last.at().isBefore(fleet.time().minus(OLD))) {
                throw new CompletionException(new RefusedException(
                        Why.UNAVAILABLE,
                        failure == null
                                ? "There is no recommendation yet: the first comes within 20 seconds of the start."
                                : "There is no recommendation, since Redis cannot be asked."));
            }
            return last;
        });
    }

    /**
     * What the application knows of itself.
     *
     * @param cpu the share of its processors that it uses; empty if that is not said
     * @param memory the share of its memory
     * @param connections to the database
     * @param scope what has been counted in connections
     */
    public void report(OptionalDouble cpu, OptionalDouble memory, OptionalDouble connections, ConnectionScope scope) {
        Instant now = fleet.time();
        cpu.ifPresent(value -> {
            cpuReported = now;
            signals.record(Trigger.CPU, value, now);
        });
        memory.ifPresent(value -> {
            memoryReported = now;
            signals.record(Trigger.MEMORY, value, now);
        });
        connections.ifPresent(value -> signals.connections(value, scope, now));
    }

    private void tick() {
        try {
            measure(fleet.time());
            events.look();
            scrape();
            own = signals.at(fleet.time());
            advance();
        } catch (RefusedException e) {
            LOG.info("An event is near, but {}", e.getMessage());
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.warn("The scaling signals could not be taken", e);
        }
    }

    private void measure(Instant now) {
        Traffic traffic = backend.traffic();
        Traffic last = before;
        before = traffic;
        signals.record(Trigger.QUEUE_DEPTH, (double) traffic.queued(), now);
        if (last == null) {
            return;
        }
        long commands = traffic.commands() - last.commands();
        long failed = failed(traffic) - failed(last);
        signals.record(Trigger.P95, commands == 0 ? 0 : traffic.p95Micros() / 1e6, now);
        signals.record(
                Trigger.ERROR_RATE, commands <= 0 ? 0 : Math.min(1, Math.max(0, failed) / (double) commands), now);
        CgroupUse use = cgroup.read(System.nanoTime());
        // What the application says of itself counts before what is seen of this process' group.
        if (cpuReported.plus(REPORT_HOLDS).isBefore(now)) {
            use.cpu().ifPresent(value -> signals.record(Trigger.CPU, value, now));
        }
        if (memoryReported.plus(REPORT_HOLDS).isBefore(now)) {
            use.memory().ifPresent(value -> signals.record(Trigger.MEMORY, value, now));
        }
    }

    /** Not those that the rate limit refused: that is what it is for. */
    private static long failed(Traffic traffic) {
        return traffic.readErrors() + traffic.writeErrors() + traffic.overloaded();
    }

    private void scrape() {
        AppScraper scraper = app;
        if (scraper == null || ticks++ % TICKS_PER_SCRAPE != 0) {
            return;
        }
        var unused = scraper.fetch().whenComplete((metrics, failure) -> {
            if (failure == null) {
                scrapeFails = false;
                take(metrics);
            } else if (!scrapeFails) {
                scrapeFails = true;
                LOG.warn("app-metrics cannot be read: {}", String.valueOf(failure.getMessage()));
            }
        });
    }

    private void take(AppMetrics metrics) {
        report(metrics.cpu(), metrics.memory(), metrics.connections(), ConnectionScope.POD);
    }

    private void advance() {
        var unused = cell.read()
                .thenCompose(content -> {
                    take(content);
                    Instant now = fleet.time();
                    if (!fleet.view().known() || !state.isDue(now)) {
                        return CompletableFuture.completedFuture(content);
                    }
                    ScalingState next = recommender.next(
                            state, new io.tiercel.cache.fleet.scaling.Fleet(pods(), events.floors(), now));
                    return cell.replace(content.version(), next.encode());
                })
                .whenComplete((content, failure) -> {
                    if (failure == null) {
                        take(content);
                    } else {
                        LOG.debug("The recommendation was not made: {}", String.valueOf(failure.getMessage()));
                    }
                });
    }

    private void take(FleetCell.Content content) {
        if (content.version() == 0) {
            state = ScalingState.EMPTY;
            return;
        }
        try {
            state = ScalingState.decode(content.text());
        } catch (IllegalArgumentException e) {
            // Of another version of the software: it begins anew.
            LOG.info("The last recommendation is not understood: {}", e.getMessage());
            state = ScalingState.EMPTY;
        }
    }

    private List<PodSignals> pods() {
        List<PodSignals> pods = new ArrayList<>();
        for (Member member : fleet.view().members()) {
            pods.add(new PodSignals(member.pod(), state(member), member.joinedAt(), member.seenAt(), signals(member)));
        }
        return pods;
    }

    private static PodSignals.State state(Member member) {
        return switch (member.state()) {
            case READY -> PodSignals.State.READY;
            case WARMING -> PodSignals.State.WARMING;
            case DRAINING -> PodSignals.State.DRAINING;
        };
    }

    private static SignalSnapshot signals(Member member) {
        try {
            String text = member.facts().get(FACT);
            return text == null ? SignalSnapshot.EMPTY : SignalSnapshot.decode(text);
        } catch (IllegalArgumentException e) {
            LOG.debug("The signals of {} are not understood: {}", member.pod(), e.getMessage());
            return SignalSnapshot.EMPTY;
        }
    }

    @Override
    public void close() {
        boolean unused = ticking.cancel(false);
    }
}
