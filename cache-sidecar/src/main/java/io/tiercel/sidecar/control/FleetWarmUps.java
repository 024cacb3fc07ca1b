package io.tiercel.sidecar.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetDocument.Field;
import io.tiercel.cache.fleet.FleetPatch;
import io.tiercel.sidecar.control.FleetEvents.Ask;
import io.tiercel.sidecar.control.WarmUpPlan.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Warm-ups of all pods at once: the plan is a field of the fleet's document, and each pod that lives when it is set
 * follows it. Thread-safe; nothing blocks.
 */
public final class FleetWarmUps {
    private static final String FIELD = "warm-up";
    private static final String CANCEL = "cancel";
    /** As long as somebody may not have heard of it. */
    private static final Duration KNOWN_FOR = Duration.ofMinutes(1);

    private static final int PARTS = 9;

    private final FleetControls fleet;
    private final WarmUps warmUps;
    private final Events events;
    private final long room;
    // Confined to the thread that tells of versions.
    private Instant followed;

    /** @param room most bytes of memory to fill where a plan does not say */
    public FleetWarmUps(FleetControls fleet, Controls controls, long room) {
        this.fleet = requireNonNull(fleet, "fleet");
        this.warmUps = controls.warmUps();
        this.events = controls.events();
        this.room = room;
        this.followed = fleet.fleet().time();
        fleet.fleet().config().listen(this::follow);
    }

    /**
     * Begins one at each pod.
     *
     * @param plan with 0 for {@code maxBytes} each pod fills as much as it has room for
     */
    public CompletionStage<FleetOutcome> begin(WarmUpPlan plan, Ask ask) {
        FleetPatch patch = new FleetPatch(
                Map.of(FIELD, text(plan, fleet.fleet().time())),
                Set.of(),
                ask.ifVersion(),
                plan.timeLimit().plus(KNOWN_FOR),
                ask.by(),
                ask.reason());
        return fleet.change(patch, Set.of(), ask.patience(), ask.dryRun());
    }

    /** Ends those that are under way, at each pod. */
    public CompletionStage<FleetOutcome> cancel(Ask ask) {
        FleetPatch patch = new FleetPatch(
                Map.of(FIELD, CANCEL + "|" + fleet.fleet().time()),
                Set.of(),
                ask.ifVersion(),
                KNOWN_FOR,
                ask.by(),
                ask.reason());
        return fleet.change(patch, Set.of(), ask.patience(), ask.dryRun());
    }

    private void follow(FleetDocument document) {
        Field field = document.fields().get(FIELD);
        if (field == null
                || !field.since().isAfter(followed)
                || field.isExpiredAt(fleet.fleet().time())) {
            return;
        }
        followed = field.since();
        if (field.value().startsWith(CANCEL)) {
            var unused = warmUps.cancel();
            return;
        }
        Optional<WarmUpPlan> plan = plan(field.value(), room);
        if (plan.isEmpty()) {
            events.add("warm-up", "what the fleet was told is not understood by this version");
            return;
        }
        try {
            var unused = warmUps.begin(plan.get(), null, "the fleet was told to");
        } catch (RefusedException e) {
            events.add("warm-up", "the fleet was told to, but: " + e.getMessage());
        }
    }

    private static String text(WarmUpPlan plan, Instant now) {
        String pattern = plan.pattern();
        return String.join(
                "|",
                now.toString(),
                plan.source().name(),
                Integer.toString(plan.maxKeys()),
                Long.toString(plan.maxBytes()),
                Long.toString(plan.timeLimit().toMillis()),
                Integer.toString(plan.rate()),
                Integer.toString(plan.concurrency()),
                pattern == null ? "" : encoded(pattern),
                plan.keys().stream().map(FleetWarmUps::encoded).collect(Collectors.joining(",")));
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static String decoded(String text) {
        return new String(Base64.getDecoder().decode(text), UTF_8);
    }

    static Optional<WarmUpPlan> plan(String text, long room) {
        String[] parts = text.split("\\|", -1);
        if (parts.length != PARTS) {
            return Optional.empty();
        }
        try {
            List<String> keys = new ArrayList<>();
            for (String key : List.of(parts[8].split(",", -1))) {
                if (!key.isEmpty()) {
                    keys.add(decoded(key));
                }
            }
            @Nullable String pattern = parts[7].isEmpty() ? null : decoded(parts[7]);
            long bytes = Long.parseLong(parts[3]);
            return Optional.of(new WarmUpPlan(
                    Source.valueOf(parts[1]),
                    keys,
                    pattern,
                    null,
                    Integer.parseInt(parts[2]),
                    bytes == 0 ? room : bytes,
                    Duration.ofMillis(Long.parseLong(parts[4])),
                    Integer.parseInt(parts[5]),
                    Integer.parseInt(parts[6])));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
