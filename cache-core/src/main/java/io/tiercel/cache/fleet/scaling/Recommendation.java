package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many pods the fleet should have, and why.
 *
 * @param desired the pods it should have
 * @param current the pods it has, without those that leave
 * @param ready those of them that are in use
 * @param min the fewest
 * @param max the most
 * @param pressure the highest ratio of the triggers that ask for pods
 * @param reason the trigger that decided, by its id, or {@link #LEARNING}, {@code steady}, {@code no_pods} or the
 *     {@link Limit#id()} of what has kept the number as it is
 * @param triggers every trigger that is not off
 * @param conflicts triggers that more pods would make worse and that are over their threshold
 * @param upMin the pods up to which nothing within growth's stabilization window speaks against growing
 * @param downMax the pods down to which nothing within shrinking's stabilization window speaks against shrinking
 * @param limitedBy what has changed the triggers' number last, null if nothing has
 * @param floor the highest floor in force, null if there is none
 * @param stalePods pods in use whose last heartbeat is too old
 * @param at the beginning of the 15 seconds for which it was computed
 */
public record Recommendation(
        int desired,
        int current,
        int ready,
        int min,
        int max,
        double pressure,
        String reason,
        List<TriggerRow> triggers,
        List<Conflict> conflicts,
        int upMin,
        int downMax,
        @Nullable Limit limitedBy,
        @Nullable Floor floor,
        int stalePods,
        Instant at) {

    /** The {@link #reason} while not every pod may have been heard of. */
    public static final String LEARNING = "learning";

    /** Where the fleet should go. */
    public enum Direction {
        /** To more pods than it has. */
        UP,

        /** To fewer pods than it has. */
        DOWN,

        /** Nowhere. */
        HOLD
    }

    /** Copies the lists. */
    public Recommendation {
        triggers = List.copyOf(triggers);
        conflicts = List.copyOf(conflicts);
        pressure = Fields.rounded(pressure);
        requireNonNull(reason, "reason");
        requireNonNull(at, "at");
    }

    /** Where the fleet should go from what it has. */
    public Direction direction() {
        if (desired == current) {
            return Direction.HOLD;
        }
        return desired > current ? Direction.UP : Direction.DOWN;
    }

    /**
     * Whether not every pod may have been heard of yet, so that the number may be too low: for people to look at, not for
     * scalers. They do nothing if they get an error instead.
     */
    public boolean isLearning() {
        return reason.equals(LEARNING);
    }

    /**
     * As a JSON object: maps, lists, strings, numbers, booleans and null, in the order in which they should be shown. The
     * caller's own.
     */
    public Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("desired_replicas", desired);
        map.put("current_replicas", current);
        map.put("ready_replicas", ready);
        map.put("min", min);
        map.put("max", max);
        map.put("pressure", pressure);
        map.put("direction", direction().name().toLowerCase(Locale.ROOT));
        map.put("reason", reason);
        map.put("triggers", triggers.stream().map(Recommendation::shown).toList());
        map.put("conflicts", conflicts.stream().map(Recommendation::shown).toList());
        map.put("stabilized", shownStabilization());
        map.put("limited_by", limitedBy == null ? null : limitedBy.id());
        map.put("floor", floor == null ? null : shown(floor));
        map.put("stale_pods", stalePods);
        map.put("at", at.toString());
        return map;
    }

    private static Map<String, @Nullable Object> shown(TriggerRow row) {
        boolean known = row.data() == TriggerRow.Data.COMPLETE || row.data() == TriggerRow.Data.PARTIAL;
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("name", row.trigger().id());
        map.put("value", known ? row.value() : null);
        map.put("threshold", row.threshold());
        map.put("window_s", row.window().toSeconds());
        map.put("sustained", row.sustained());
        map.put("ratio", known ? row.ratio() : null);
        map.put("desired", row.desired());
        map.put("data", row.data().name().toLowerCase(Locale.ROOT));
        return map;
    }

    private static Map<String, @Nullable Object> shown(Conflict conflict) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("name", conflict.trigger().id());
        map.put("value", conflict.value());
        map.put("threshold", conflict.threshold());
        map.put("wanted", conflict.wanted());
        map.put("pool_per_pod", conflict.perPod());
        map.put("answer", conflict.answer());
        return map;
    }

    private Map<String, @Nullable Object> shownStabilization() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("down_max", downMax);
        map.put("up_min", upMin);
        return map;
    }

    private static Map<String, @Nullable Object> shown(Floor floor) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put(floor.kind().name().toLowerCase(Locale.ROOT), floor.name());
        map.put("min", floor.replicas());
        map.put("until", floor.until().toString());
        return map;
    }

    /**
     * The same as numbers under names without dots, for scalers that read one number from a JSON object. Of a trigger there
     * are {@code value_cpu}, {@code ratio_cpu}, {@code sustained_cpu} (0 or 1) and {@code desired_cpu}, the first two only
     * with data. The caller's own.
     */
    public Map<String, Number> flat() {
        Map<String, Number> map = new LinkedHashMap<>();
        map.put("desired_replicas", desired);
        map.put("current_replicas", current);
        map.put("ready_replicas", ready);
        map.put("min_replicas", min);
        map.put("max_replicas", max);
        map.put("pressure", pressure);
        map.put("conflicts", conflicts.size());
        map.put("stale_pods", stalePods);
        map.put("missing", triggers.stream().filter(TriggerRow::blocksDown).count());
        map.put("floor", floor == null ? 0 : floor.replicas());
        map.put("at", at.getEpochSecond());
        for (TriggerRow row : triggers) {
            String name = row.trigger().id();
            if (row.data() == TriggerRow.Data.COMPLETE || row.data() == TriggerRow.Data.PARTIAL) {
                map.put("value_" + name, row.value());
                map.put("ratio_" + name, row.ratio());
            }
            map.put("sustained_" + name, row.sustained() ? 1 : 0);
            map.put("desired_" + name, row.desired());
        }
        return map;
    }
}
