package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetPatch;
import io.tiercel.cache.fleet.FleetRevision;
import io.tiercel.cache.fleet.FleetVersionException;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.tier.TierException;
import io.tiercel.sidecar.control.RefusedException.Fault;
import io.tiercel.sidecar.control.RefusedException.Why;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings that operators change for all pods at once, wherever they ask for it: {@link Controls} of each pod follow
 * the fleet's document. Thread-safe; nothing blocks.
 */
public final class FleetControls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FleetControls.class);
    private static final long LOOK_MILLIS = 100;
    private static final long TICK_MILLIS = 500;

    private final Fleet fleet;
    private final Controls controls;
    private final ScheduledExecutorService scheduler;
    private final ScheduledFuture<?> ticking;

    /**
     * Follows the fleet from here on.
     *
     * @param file where the last configuration is kept for a start without Redis; null for nowhere. What is there counts
     *     until Redis says something else
     * @param scheduler for short tasks and for writing that file; not shut down by {@link #close}
     */
    public FleetControls(Fleet fleet, Controls controls, @Nullable Path file, ScheduledExecutorService scheduler) {
        this.fleet = requireNonNull(fleet, "fleet");
        this.controls = requireNonNull(controls, "controls");
        this.scheduler = requireNonNull(scheduler, "scheduler");
        DocumentFile kept = file == null ? null : new DocumentFile(file);
        FleetWatch watch = new FleetWatch(controls.events());
        fleet.listen(watch::look);
        fleet.config().listen(document -> {
            follow(document, "version " + document.version() + " of the fleet's configuration");
            if (kept != null) {
                scheduler.execute(() -> kept.write(document));
            }
        });
        if (kept != null) {
            kept.read().ifPresent(document -> fleet.config().begin(document));
        }
        this.ticking = scheduler.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The fleet itself. */
    public Fleet fleet() {
        return fleet;
    }

    private void tick() {
        try {
            follow(fleet.config().document(), "a time of the fleet's configuration has come");
            Readiness readiness = controls.readiness();
            fleet.state(
                    readiness.draining()
                            ? Member.State.DRAINING
                            : readiness.ready() ? Member.State.READY : Member.State.WARMING);
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.warn("The fleet's configuration could not be followed", e);
        }
    }

    private void follow(FleetDocument document, String because) {
        Instant now = fleet.time();
        controls.shared(FleetLayers.layers(document, now), FleetLayers.resets(document), because);
    }

    /**
     * Makes a change for all pods.
     *
     * @param by who wants it, for the audit
     * @param wait how long to wait for all pods to say that they have it; zero for not at all
     * @return fails with a {@link RefusedException} if it is not made
     */
    public CompletionStage<FleetOutcome> change(Change change, String by, Duration wait) {
        Overlay before = controls.state();
        Set<LiveField> touched = Controls.touched(change);
        try {
            // Of this only what is wrong with the values is of interest; the fleet decides about the version.
            Instant now = fleet.time();
            Overlay would = before.with(change, now, Controls.expiry(change, now));
            if (change.dryRun()) {
                Long wanted = change.ifVersion();
                long version = fleet.config().document().version();
                if (wanted != null && wanted != version) {
                    throw conflict(version, wanted);
                }
                return tried(version, would, before, touched, Controls.expiry(change, now));
            }
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
        Map<String, String> set = new LinkedHashMap<>();
        change.set().forEach((field, value) -> set.put(field.label(), String.valueOf(value)));
        Set<String> remove = new TreeSet<>();
        for (LiveField field : change.reset()) {
            remove.add(field.label());
            // Always another value: what pods have set for themselves since the last reset is to go too.
            set.put(FleetLayers.RESET + field.label(), fleet.time().toString());
        }
        FleetPatch patch = new FleetPatch(set, remove, change.ifVersion(), change.expiresIn(), by, change.reason());
        return patched(patch, before, touched, wait);
    }

    /**
     * Makes a change of the fleet's document that is about more than settings.
     *
     * @param touched the settings that it changes
     * @param dryRun whether only to say that it could be made
     */
    CompletionStage<FleetOutcome> change(FleetPatch patch, Set<LiveField> touched, Duration wait, boolean dryRun) {
        Overlay before = controls.state();
        if (!dryRun) {
            return patched(patch, before, touched, wait);
        }
        Long wanted = patch.ifVersion();
        FleetDocument now = fleet.config().document();
        if (wanted != null && wanted != now.version()) {
            return CompletableFuture.failedFuture(conflict(now.version(), wanted));
        }
        Instant time = fleet.time();
        Duration life = patch.expiresIn();
        Instant expiresAt = life == null ? null : time.plus(life);
        Map<String, FleetDocument.Field> fields = new LinkedHashMap<>(now.fields());
        patch.set().forEach((name, value) -> fields.put(name, new FleetDocument.Field(value, time, expiresAt)));
        fields.keySet().removeAll(patch.remove());
        Overlay would = before.withShared(FleetLayers.layers(new FleetDocument(now.version(), fields), time), Map.of());
        return tried(now.version(), would, before, touched, expiresAt);
    }

    /** Goes back to what was set at an earlier version; as {@link #change}. */
    public CompletionStage<FleetOutcome> rollback(
            long version, @Nullable Long ifVersion, String by, String reason, Duration wait, boolean dryRun) {
        Overlay before = controls.state();
        return fleet.config()
                .history(100)
                .handle((revisions, failure) -> {
                    if (failure != null) {
                        throw new CompletionException(refusal(failure));
                    }
                    FleetDocument then = revisions.stream()
                            .map(FleetRevision::document)
                            .filter(document -> document.version() == version)
                            .findFirst()
                            .orElseThrow(() -> new CompletionException(new RefusedException(List.of(new Fault(
                                    "version", "must be one of those in GET /admin/config/history: " + version)))));
                    return dryRun
                            ? wouldRollBack(then, before)
                            : patched(patchTo(then, ifVersion, by, reason), before, Set.of(LiveField.values()), wait);
                })
                .thenCompose(outcome -> outcome);
    }

    private CompletionStage<FleetOutcome> wouldRollBack(FleetDocument then, Overlay before) {
        Instant now = fleet.time();
        Overlay would = before.withShared(FleetLayers.layers(then, now), Map.of());
        return tried(fleet.config().document().version(), would, before, Set.of(LiveField.values()), null);
    }

    private FleetPatch patchTo(FleetDocument then, @Nullable Long ifVersion, String by, String reason) {
        Predicate<String> isSetting = name -> !name.startsWith(FleetLayers.RESET);
        Map<String, String> set = new LinkedHashMap<>();
        then.valuesAt(fleet.time()).forEach((name, value) -> {
            if (isSetting.test(name)) {
                set.put(name, value);
            }
        });
        Set<String> remove = new HashSet<>(fleet.config().document().fields().keySet());
        remove.removeIf(name -> set.containsKey(name) || !isSetting.test(name));
        String why = "back to version " + then.version() + (reason.isEmpty() ? "" : ", " + reason);
        return new FleetPatch(set, remove, ifVersion, null, by, why);
    }

    /** The last changes, the latest first; fails with a {@link RefusedException} if Redis cannot be asked. */
    public CompletionStage<List<FleetRevision>> history(int most) {
        return fleet.config().history(most).handle((revisions, failure) -> {
            if (failure != null) {
                throw new CompletionException(refusal(failure));
            }
            return revisions;
        });
    }

    private CompletionStage<FleetOutcome> patched(
            FleetPatch patch, Overlay before, Set<LiveField> touched, Duration wait) {
        return fleet.config()
                .patch(patch)
                .handle((document, failure) -> {
                    if (failure != null) {
                        throw new CompletionException(refusal(failure));
                    }
                    Duration life = patch.expiresIn();
                    Instant expiresAt = life == null ? null : fleet.time().plus(life);
                    Outcome outcome = outcome(document.version(), controls.state(), before, touched, expiresAt, false);
                    return acknowledged(outcome, System.nanoTime() + wait.toNanos());
                })
                .thenCompose(outcome -> outcome);
    }

    private CompletionStage<FleetOutcome> acknowledged(Outcome outcome, long until) {
        CompletableFuture<FleetOutcome> done = new CompletableFuture<>();
        look(outcome, until, done);
        return done;
    }

    private void look(Outcome outcome, long until, CompletableFuture<FleetOutcome> done) {
        List<String> pending = new ArrayList<>();
        List<Member> members = members();
        for (Member member : members) {
            boolean self = member.pod().equals(fleet.settings().pod());
            long has = self ? fleet.config().applied() : member.number("config", 0);
            if (has < outcome.version()) {
                pending.add(member.pod());
            }
        }
        if (pending.isEmpty() || System.nanoTime() - until >= 0) {
            done.complete(new FleetOutcome(outcome, members.size(), pending));
            return;
        }
        fleet.beatSoon();
        ScheduledFuture<?> unused =
                scheduler.schedule(() -> look(outcome, until, done), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private List<Member> members() {
        return fleet.view().members();
    }

    /** What a change would have done: nobody is told, so nobody is pending. */
    private CompletionStage<FleetOutcome> tried(
            long version, Overlay would, Overlay before, Set<LiveField> touched, @Nullable Instant expiresAt) {
        return CompletableFuture.completedFuture(new FleetOutcome(
                outcome(version, would, before, touched, expiresAt, true),
                members().size(),
                List.of()));
    }

    private static Outcome outcome(
            long version,
            Overlay next,
            Overlay before,
            Set<LiveField> touched,
            @Nullable Instant expiresAt,
            boolean dryRun) {
        return new Outcome(
                version,
                next.json(touched),
                before.json(touched),
                next.json(Controls.related(touched)),
                expiresAt,
                dryRun);
    }

    private static RefusedException conflict(long current, long wanted) {
        return new RefusedException(
                Why.VERSION, "The fleet's configuration is at version " + current + ", not " + wanted + ".");
    }

    private static Throwable refusal(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof FleetVersionException version) {
            return new RefusedException(Why.VERSION, capitalized(String.valueOf(version.getMessage())) + ".");
        }
        if (cause instanceof TierException) {
            return new RefusedException(
                    Why.UNAVAILABLE,
                    "Redis cannot be asked, so the fleet cannot be told (" + cause.getMessage()
                            + "). With ?scope=pod this pod alone can be changed.");
        }
        return cause;
    }

    private static String capitalized(String text) {
        return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    @Override
    public void close() {
        boolean unused = ticking.cancel(false);
    }
}
