package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetDocument.Field;
import io.tiercel.cache.fleet.FleetPatch;
import io.tiercel.cache.fleet.scaling.Floor;
import io.tiercel.sidecar.control.RefusedException.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Planned events and emergencies: what one call sets for the whole fleet and what goes back by itself. Both are fields of
 * the fleet's document. Thread-safe; nothing blocks.
 */
public final class FleetEvents {
    private static final String EMERGENCY = "emergency";

    private final FleetControls fleet;
    private final WarmUps warmUps;
    private final WarmUpPlan plan;
    private final Set<String> warmed = new HashSet<>();
    private final Instant started;

    /** @param plan how a pod is warmed up when an event's lead time begins */
    public FleetEvents(FleetControls fleet, WarmUps warmUps, WarmUpPlan plan) {
        this.fleet = requireNonNull(fleet, "fleet");
        this.warmUps = requireNonNull(warmUps, "warmUps");
        this.plan = requireNonNull(plan, "plan");
        this.started = fleet.fleet().time();
    }

    /**
     * Who asks for a change, and how.
     *
     * @param ifVersion the version that it is meant for; null for any
     * @param by who wants it
     * @param reason why; may be empty
     * @param patience how long to wait for all pods to have it
     * @param dryRun whether only to say what would change
     */
    public record Ask(@Nullable Long ifVersion, String by, String reason, Duration patience, boolean dryRun) {
        /** Checks that all is there. */
        public Ask {
            requireNonNull(by, "by");
            requireNonNull(reason, "reason");
            requireNonNull(patience, "patience");
        }
    }

    /** Those that are planned or under way, the first to begin first. */
    public List<PlannedEvent> planned() {
        Instant now = now();
        return PlannedEvent.of(document()).stream()
                .filter(event -> now.isBefore(event.end()))
                .toList();
    }

    /** Plans one, or changes the one of that name. */
    public CompletionStage<FleetOutcome> plan(PlannedEvent event, Ask ask) {
        FleetPatch patch = new FleetPatch(
                Map.of(PlannedEvent.PREFIX + event.name(), event.text()),
                Set.of(),
                ask.ifVersion(),
                Duration.between(now(), event.end()),
                ask.by(),
                ask.reason());
        return fleet.change(patch, event.settings().keySet(), ask.patience(), ask.dryRun());
    }

    /** Calls one off; fails with a {@link RefusedException} if there is none of that name. */
    public CompletionStage<FleetOutcome> cancel(String name, Ask ask) {
        Optional<PlannedEvent> event =
                planned().stream().filter(one -> one.name().equals(name)).findFirst();
        if (event.isEmpty()) {
            return CompletableFuture.failedFuture(new RefusedException(
                    Why.ABSENT, "No event of that name is planned. GET on the path above tells which."));
        }
        FleetPatch patch = new FleetPatch(
                Map.of(), Set.of(PlannedEvent.PREFIX + name), ask.ifVersion(), null, ask.by(), ask.reason());
        return fleet.change(patch, event.get().settings().keySet(), ask.patience(), ask.dryRun());
    }

    /**
     * An emergency that is on.
     *
     * @param replicas how many pods there shall be at least
     * @param since when it was declared
     * @param until when it ends by itself
     */
    public record Emergency(int replicas, Instant since, Instant until) {
        /** Checks that all is there. */
        public Emergency {
            requireNonNull(since, "since");
            requireNonNull(until, "until");
        }
    }

    /** The one that is on. */
    public Optional<Emergency> emergency() {
        Field field = document().fields().get(EMERGENCY);
        Instant until = field == null ? null : field.expiresAt();
        if (field == null
                || until == null
                || field.isExpiredAt(now())
                || !field.value().matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        return Optional.of(new Emergency(Integer.parseInt(field.value()), field.since(), until));
    }

    /**
     * Declares one: a floor of pods and settings, all of which end together.
     *
     * @param replicas how many pods there shall be at least
     * @param life how long it lasts
     * @param settings in addition to those of {@link PlannedEvent.Profile#EMERGENCY}, or instead of them, as JSON has them
     */
    public CompletionStage<FleetOutcome> declare(
            int replicas, Duration life, Map<LiveField, Object> settings, Ask ask) {
        Map<LiveField, Object> all = new LinkedHashMap<>(PlannedEvent.values(PlannedEvent.Profile.EMERGENCY));
        all.putAll(settings);
        Map<String, String> set = new LinkedHashMap<>();
        set.put(EMERGENCY, Integer.toString(replicas));
        all.forEach((field, value) -> set.put(FleetLayers.EMERGENCY + field.label(), String.valueOf(value)));
        Set<String> remove = new TreeSet<>(FleetLayers.fieldsOfEmergency());
        remove.removeAll(set.keySet());
        FleetPatch patch = new FleetPatch(set, remove, ask.ifVersion(), life, ask.by(), ask.reason());
        return fleet.change(patch, EnumSet.copyOf(all.keySet()), ask.patience(), ask.dryRun());
    }

    /** Ends it; all that it set is gone, and what was set before counts again. */
    public CompletionStage<FleetOutcome> end(Ask ask) {
        Set<String> remove = new TreeSet<>(FleetLayers.fieldsOfEmergency());
        remove.add(EMERGENCY);
        FleetPatch patch = new FleetPatch(Map.of(), remove, ask.ifVersion(), null, ask.by(), ask.reason());
        Set<LiveField> touched = new HashSet<>();
        for (LiveField field : LiveField.values()) {
            if (document().fields().containsKey(FleetLayers.EMERGENCY + field.label())) {
                touched.add(field);
            }
        }
        return fleet.change(patch, touched, ask.patience(), ask.dryRun());
    }

    /** How many pods operators want, and when. */
    List<Floor> floors() {
        List<Floor> floors = new ArrayList<>();
        planned().stream()
                .filter(event -> event.replicas() > 0)
                .map(PlannedEvent::floor)
                .forEach(floors::add);
        emergency()
                .ifPresent(on -> floors.add(
                        new Floor(Floor.Kind.EMERGENCY, "emergency", on.replicas(), on.since(), on.until())));
        return floors;
    }

    /** Warms this pod up if an event's lead time has begun; to be called now and then, on one thread. */
    void look() throws RefusedException {
        Instant now = now();
        for (PlannedEvent event : planned()) {
            // Who has started since is warm.
            if (event.warmUp()
                    && event.isPrepared(now)
                    && event.from().isAfter(started)
                    && warmed.add(event.name() + event.start())) {
                warmUps.begin(plan, null, "the event " + event.name() + " is near");
            }
        }
        if (warmed.size() > 1_000) {
            warmed.clear(); // of years ago
        }
    }

    private FleetDocument document() {
        return fleet.fleet().config().document();
    }

    private Instant now() {
        return fleet.fleet().time();
    }
}
