package io.tiercel.cache.fleet.scaling;

import static io.tiercel.cache.fleet.scaling.ScalingState.KEPT_SLOTS;
import static io.tiercel.cache.fleet.scaling.ScalingState.NEVER;
import static io.tiercel.cache.fleet.scaling.ScalingState.SLOT_SECONDS;
import static java.util.Objects.requireNonNull;

import io.tiercel.cache.fleet.scaling.ScalingState.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * From what the pods have published to how many there should be: a function of the state that the fleet shares and of the
 * fleet at a moment, so that whichever pod computes it finds the same. HPA's algorithm in HPA's order: what each trigger asks
 * for and the most of that; the least and the most of what was asked lately; policies, minimum and maximum. Then what HPA
 * does not have: floors.
 *
 * <p>HPA knows how many pods it has ordered. Here that is what was recommended last; the triggers count from the pods that
 * there are once these have differed for longer than any policy's period (5 minutes at least), since then nobody
 * follows or somebody else has decided. After a minute without a recommendation, and at first, it takes a minute until every
 * pod must have been heard of: until then pods are only added, and nobody should act on the number.
 *
 * <p>Immutable.
 */
public final class Recommender {
    private static final Duration LEAST_PATIENCE = Duration.ofMinutes(5);
    private static final Duration LEARNING = Duration.ofMinutes(1);

    private final ScalingSettings settings;

    /** With settings that all pods share. */
    public Recommender(ScalingSettings settings) {
        this.settings = requireNonNull(settings, "settings");
    }

    /**
     * The state with the next recommendation, or the same state if there has been one in this slot of 15 seconds. What the
     * state has of later slots, after the clock was set back, is dropped.
     */
    public ScalingState next(ScalingState state, Fleet fleet) {
        if (!state.isDue(fleet.now())) {
            return state;
        }
        return new Computation(forgetting(state, ScalingState.slotOf(fleet.now())), fleet).next();
    }

    /** The state without what has no part in the next recommendation any more. */
    private static ScalingState forgetting(ScalingState state, long slot) {
        Map<Trigger, Long> seen = new EnumMap<>(Trigger.class);
        state.seen().forEach((trigger, then) -> {
            if (isKept(then, slot)) {
                seen.put(trigger, then);
            }
        });
        return new ScalingState(
                state.slot(),
                state.learningSlot(),
                Math.min(state.strayedSlot(), slot),
                Math.min(state.emergencySlot(), slot),
                state.samples().stream().filter(s -> isKept(s.slot(), slot)).toList(),
                state.events().stream().filter(s -> isKept(s.slot(), slot)).toList(),
                seen,
                state.recommendation());
    }

    private static boolean isKept(long then, long slot) {
        return then < slot && slot - then < KEPT_SLOTS;
    }

    /** For how long a fleet may differ from what was recommended before it counts as it is. */
    private Duration patience() {
        Duration longest = LEAST_PATIENCE;
        for (ScalingRules rules : List.of(settings.up(), settings.down())) {
            for (ScalingPolicy policy : rules.policies()) {
                longest = policy.period().compareTo(longest) > 0 ? policy.period() : longest;
            }
        }
        return longest;
    }

    /** One recommendation in the making. */
    private final class Computation {
        private final ScalingState before;
        private final Fleet fleet;
        private final long slot;
        private final int current;
        private final boolean first;
        private final long learningSlot;
        private final boolean learning;
        private final long strayed;
        private final int spec;
        private final List<Sample> events;
        private @Nullable Limit limit;

        Computation(ScalingState before, Fleet fleet) {
            this.before = before;
            this.fleet = fleet;
            this.slot = ScalingState.slotOf(fleet.now());
            this.current = count(PodSignals.State.READY) + count(PodSignals.State.WARMING);
            this.first = before.recommendation() == null;
            this.learningSlot = learningSlot();
            this.learning = Behavior.isWithin(learningSlot, LEARNING, slot);
            this.strayed = strayed();
            this.spec = spec();
            this.events = new ArrayList<>(before.events());
        }

        private int count(PodSignals.State state) {
            return (int)
                    fleet.pods().stream().filter(pod -> pod.state() == state).count();
        }

        private long learningSlot() {
            boolean lately = slot > before.slot() && Behavior.isWithin(before.slot(), LEARNING, slot);
            return first || !lately ? slot : before.learningSlot();
        }

        private long strayed() {
            if (first || current == before.last().desired()) {
                return NEVER;
            }
            return before.strayedSlot() == NEVER ? slot : before.strayedSlot();
        }

        /** The pods that have been ordered. */
        private int spec() {
            if (first) {
                return current;
            }
            return learning
                    ? Math.max(current, before.last().desired())
                    : before.last().desired();
        }

        /** The pods that the triggers count from. */
        private int base() {
            boolean followed = strayed == NEVER || Behavior.isWithin(strayed, patience(), slot);
            return followed || current == 0 ? spec : current;
        }

        ScalingState next() {
            Verdicts verdicts = new Verdicts(settings, fleet, base(), current, before, slot);
            List<TriggerRow> rows = verdicts.all();
            int wanted = wanted(rows);
            int asked = held(wanted, rows);
            int upMin = Behavior.least(asked, before.samples(), settings.up().stabilization(), slot);
            int downMax = Behavior.most(asked, before.samples(), downWindow(), slot);
            int calm = limited(
                    Math.min(Math.max(spec, upMin), downMax), asked, Limit.DOWN_STABILIZATION, Limit.UP_STABILIZATION);
            int inRange = withinPolicies(calm);
            Optional<Floor> floor = fleet.floors().stream()
                    .filter(f -> f.isInForce(fleet.now()))
                    .max(Comparator.comparingInt(Floor::replicas)
                            .thenComparing(Floor::until)
                            .thenComparing(Floor::name));
            int desired = raised(inRange, floor);
            if (desired != spec) {
                events.add(new Sample(slot, desired - spec));
            }
            Recommendation recommendation = new Recommendation(
                    desired,
                    current,
                    count(PodSignals.State.READY),
                    settings.min(),
                    settings.max(),
                    rows.stream()
                            .filter(TriggerRow::speaks)
                            .mapToDouble(TriggerRow::ratio)
                            .max()
                            .orElse(0),
                    reason(desired, rows),
                    rows,
                    conflicts(rows, wanted, desired),
                    upMin,
                    downMax,
                    limit,
                    floor.orElse(null),
                    (int) fleet.pods().stream()
                            .filter(pod -> pod.state() == PodSignals.State.READY && verdicts.isStale(pod))
                            .count(),
                    Instant.ofEpochSecond(slot * SLOT_SECONDS));
            return after(recommendation, asked, rows);
        }

        private int wanted(List<TriggerRow> rows) {
            return rows.stream()
                    .filter(TriggerRow::speaks)
                    .mapToInt(TriggerRow::desired)
                    .max()
                    .orElse(spec);
        }

        private int held(int wanted, List<TriggerRow> rows) {
            if (wanted < spec && learning) {
                limit = Limit.LEARNING;
                return spec;
            }
            if (wanted < spec && rows.stream().anyMatch(TriggerRow::blocksDown)) {
                limit = Limit.MISSING_DATA;
                return spec;
            }
            if (wanted > spec && rows.stream().anyMatch(Computation::brakes)) {
                limit = Limit.DB_CONNECTIONS;
                return spec;
            }
            return wanted;
        }

        private static boolean brakes(TriggerRow row) {
            return row.trigger().answer() == Trigger.Answer.BRAKE && row.sustained();
        }

        private Duration downWindow() {
            Duration usual = settings.down().stabilization();
            Duration after = settings.afterEmergency();
            boolean lately = emergencySlot() != NEVER && Behavior.isWithin(emergencySlot(), after, slot);
            return lately && after.compareTo(usual) > 0 ? after : usual;
        }

        private long emergencySlot() {
            boolean now = fleet.floors().stream()
                    .anyMatch(floor -> floor.kind() == Floor.Kind.EMERGENCY && floor.isInForce(fleet.now()));
            return now ? slot : before.emergencySlot();
        }

        private int withinPolicies(int calm) {
            // As HPA: back into the range at once, whatever the triggers say.
            if (spec > settings.max()) {
                return limited(settings.max(), calm, Limit.MAX, Limit.MAX);
            }
            if (spec < settings.min()) {
                return limited(settings.min(), calm, Limit.MIN, Limit.MIN);
            }
            if (calm > spec) {
                int highest = Behavior.highest(spec, events, settings.up(), slot);
                Limit by = highest < settings.max() ? Limit.UP_POLICY : Limit.MAX;
                return limited(Math.min(calm, Math.min(highest, settings.max())), calm, by, by);
            }
            if (calm == spec) {
                return calm;
            }
            // A step down that has not been made yet is not followed by another: whoever follows late would make both.
            int lowest = current > spec ? spec : Behavior.lowest(spec, events, settings.down(), slot);
            Limit by = lowest > settings.min() ? Limit.DOWN_POLICY : Limit.MIN;
            return limited(Math.max(calm, Math.max(lowest, settings.min())), calm, by, by);
        }

        private int raised(int inRange, Optional<Floor> floor) {
            int least = Math.min(settings.max(), floor.map(Floor::replicas).orElse(0));
            return limited(Math.max(inRange, least), inRange, Limit.FLOOR, Limit.FLOOR);
        }

        private int limited(int to, int from, Limit ifHigher, Limit ifLower) {
            if (to != from) {
                limit = to > from ? ifHigher : ifLower;
            }
            return to;
        }

        private String reason(int desired, List<TriggerRow> rows) {
            if (learning) {
                return Recommendation.LEARNING;
            }
            if (current == 0) {
                return "no_pods";
            }
            boolean outOfRange = spec > settings.max() || spec < settings.min();
            if (limit != null && (desired == spec || outOfRange || limit == Limit.FLOOR)) {
                return limit.id();
            }
            if (desired == spec) {
                return "steady";
            }
            return rows.stream()
                    .filter(TriggerRow::speaks)
                    .max(Comparator.comparingInt(TriggerRow::desired).thenComparingDouble(TriggerRow::ratio))
                    .map(row -> row.trigger().id())
                    .orElse("steady");
        }

        private List<Conflict> conflicts(List<TriggerRow> rows, int wanted, int desired) {
            return rows.stream()
                    .filter(Computation::brakes)
                    .map(row -> new Conflict(row.trigger(), row.value(), row.threshold(), wanted, (int)
                            Math.max(1, Math.floor(row.threshold() / Math.max(1, desired)))))
                    .toList();
        }

        private ScalingState after(Recommendation recommendation, int asked, List<TriggerRow> rows) {
            int desired = recommendation.desired();
            boolean changed = first || desired != before.last().desired();
            long since = changed ? slot : strayed;
            // A floor is remembered as if the triggers had asked for it, or all of it would be gone with its end.
            int least = recommendation.floor() == null
                    ? 0
                    : Math.min(settings.max(), recommendation.floor().replicas());
            List<Sample> samples = new ArrayList<>(before.samples());
            samples.add(new Sample(slot, Math.max(asked, least)));
            Map<Trigger, Long> seen = new EnumMap<>(Trigger.class);
            seen.putAll(before.seen());
            for (TriggerRow row : rows) {
                if (row.data() == TriggerRow.Data.COMPLETE || row.data() == TriggerRow.Data.PARTIAL) {
                    seen.put(row.trigger(), slot);
                }
            }
            return new ScalingState(
                    slot,
                    learningSlot,
                    desired == current ? NEVER : since,
                    emergencySlot(),
                    samples,
                    events,
                    seen,
                    recommendation);
        }
    }
}
