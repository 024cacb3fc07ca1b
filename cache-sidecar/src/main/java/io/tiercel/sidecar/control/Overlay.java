package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.sidecar.control.RefusedException.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One version of the configuration: what operators have set, over what the sidecar was started with. Immutable.
 *
 * @param version from 1
 * @param base a value for each field
 * @param shared what was set for the whole fleet, what counts before the others first
 * @param over the fields that are overridden here alone, which counts before all others
 */
record Overlay(long version, Map<LiveField, Object> base, List<Layer> shared, Map<LiveField, Overridden> over) {
    Overlay {
        base = Map.copyOf(base);
        shared = List.copyOf(shared);
        over = Map.copyOf(over);
    }

    /**
     * Values that were set together.
     *
     * @param source what they are called where one sees where a value comes from
     */
    record Layer(String source, Map<LiveField, Overridden> values) {
        Layer {
            values = Map.copyOf(values);
        }
    }

    /** A value that an operator has set. */
    record Overridden(Object value, Instant since, @Nullable Instant expiresAt) {
        boolean expiredAt(Instant now) {
            return expiresAt != null && !now.isBefore(expiresAt);
        }
    }

    static Overlay startingWith(LiveSettings live) {
        Map<LiveField, Object> base = new EnumMap<>(LiveField.class);
        base.put(LiveField.TTL, live.cache().ttl());
        base.put(LiveField.AGGRESSIVE, live.cache().aggressive());
        base.put(LiveField.QUEUE_ENABLED, live.queue().enabled());
        base.put(LiveField.QUEUE_MAX_SIZE, (long) live.queue().maxSize());
        base.put(LiveField.QUEUE_TIMEOUT, live.queue().timeout());
        base.put(LiveField.REQUESTS_PER_MINUTE, (long) live.rate().requestsPerMinute());
        base.put(LiveField.BURST, (long) live.rate().burst());
        base.put(LiveField.PER, live.rate().per());
        base.put(LiveField.L2_MODE, TierMode.NORMAL);
        base.put(LiveField.L3_MODE, TierMode.NORMAL);
        base.put(LiveField.DRAINING, false);
        return new Overlay(1, base, List.of(), Map.of());
    }

    /** The next version, with the change in it. */
    Overlay with(Change change, Instant now, @Nullable Instant expiresAt) throws RefusedException {
        Map<LiveField, Overridden> next = copy();
        next.keySet().removeAll(change.reset());
        List<Fault> faults = new ArrayList<>();
        change.set().forEach((field, json) -> {
            Object value = field.value(json, faults);
            if (value != null) {
                next.put(field, new Overridden(value, now, expiresAt));
            }
        });
        if (!faults.isEmpty()) {
            throw new RefusedException(faults);
        }
        return next.equals(over) ? this : new Overlay(version + 1, base, shared, next);
    }

    /** The next version, with the value in it for good. */
    Overlay with(LiveField field, Object value, Instant now) {
        Map<LiveField, Overridden> next = copy();
        next.put(field, new Overridden(value, now, null));
        return new Overlay(version + 1, base, shared, next);
    }

    /** The next version without what has expired, or this one if nothing has. */
    Overlay withoutExpired(Instant now) {
        if (over.values().stream().noneMatch(overridden -> overridden.expiredAt(now))) {
            return this;
        }
        Map<LiveField, Overridden> left = copy();
        left.values().removeIf(overridden -> overridden.expiredAt(now));
        return new Overlay(version + 1, base, shared, left);
    }

    /**
     * The next version with other values for the fleet, or this one if they are the same.
     *
     * @param resets when the fleet was last told to drop what single pods have set; what is older is dropped
     */
    Overlay withShared(List<Layer> layers, Map<LiveField, Instant> resets) {
        Map<LiveField, Overridden> left = copy();
        left.entrySet().removeIf(entry -> {
            Instant reset = resets.get(entry.getKey());
            return reset != null && !entry.getValue().since().isAfter(reset);
        });
        return layers.equals(shared) && left.size() == over.size()
                ? this
                : new Overlay(version + 1, base, layers, left);
    }

    private Map<LiveField, Overridden> copy() {
        Map<LiveField, Overridden> copy = new EnumMap<>(LiveField.class);
        copy.putAll(over);
        return copy;
    }

    Object value(LiveField field) {
        Overridden overridden = overridden(field);
        return overridden == null ? requireNonNull(base.get(field)) : overridden.value();
    }

    /** What counts of all that was set; null if nothing was. */
    @Nullable
    Overridden overridden(LiveField field) {
        Overridden own = over.get(field);
        if (own != null) {
            return own;
        }
        for (Layer layer : shared) {
            Overridden found = layer.values().get(field);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Where the value comes from, if it was set. */
    Optional<String> source(LiveField field) {
        if (over.containsKey(field)) {
            return Optional.of("override");
        }
        return shared.stream()
                .filter(layer -> layer.values().containsKey(field))
                .map(Layer::source)
                .findFirst();
    }

    boolean flag(LiveField field) {
        return (Boolean) value(field);
    }

    TierMode mode(LiveField field) {
        return (TierMode) value(field);
    }

    CacheSettings cache() {
        return new CacheSettings((Duration) value(LiveField.TTL), flag(LiveField.AGGRESSIVE));
    }

    QueueSettings queue() {
        return new QueueSettings(flag(LiveField.QUEUE_ENABLED), number(LiveField.QUEUE_MAX_SIZE), (Duration)
                value(LiveField.QUEUE_TIMEOUT));
    }

    RateSettings rate() {
        return new RateSettings(
                number(LiveField.REQUESTS_PER_MINUTE), number(LiveField.BURST), (RateScope) value(LiveField.PER));
    }

    private int number(LiveField field) {
        return Math.toIntExact((Long) value(field));
    }

    String text(LiveField field) {
        return field.text(value(field));
    }

    Map<String, Object> json(Set<LiveField> fields) {
        Map<String, Object> json = new LinkedHashMap<>();
        fields.forEach(field -> json.put(field.label(), field.json(value(field))));
        return json;
    }
}
