package io.tiercel.sidecar.control;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetDocument.Field;
import io.tiercel.sidecar.control.Overlay.Layer;
import io.tiercel.sidecar.control.Overlay.Overridden;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How the settings stand in the fleet's document: {@code ttl} is what was set for all, {@code emergency.ttl} what an
 * emergency says, which counts before it; {@code reset.ttl} tells since when what single pods have set counts no more.
 * What somebody has put there that is no value of the field is passed over. Stateless.
 */
final class FleetLayers {
    static final String EMERGENCY = "emergency.";
    static final String RESET = "reset.";

    private FleetLayers() {}

    /** What counts at that moment, what counts before the others first. */
    static List<Layer> layers(FleetDocument document, Instant now) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer("emergency", values(document, EMERGENCY, now)));
        layers.add(new Layer("fleet", values(document, "", now)));
        PlannedEvent.of(document).stream()
                .filter(event -> event.isUnderWay(now))
                .map(event -> new Layer("event:" + event.name(), event.settings()))
                .forEach(layers::add);
        layers.removeIf(layer -> layer.values().isEmpty());
        return layers;
    }

    private static Map<LiveField, Overridden> values(FleetDocument document, String prefix, Instant now) {
        Map<LiveField, Overridden> values = new EnumMap<>(LiveField.class);
        for (LiveField field : LiveField.values()) {
            Field set = document.fields().get(prefix + field.label());
            Object value = set == null || set.isExpiredAt(now) ? null : field.parsed(set.value());
            if (set != null && value != null) {
                values.put(field, new Overridden(value, set.since(), set.expiresAt()));
            }
        }
        return values;
    }

    /** The names under which an emergency may have set something. */
    static List<String> fieldsOfEmergency() {
        return Stream.of(LiveField.values())
                .map(field -> EMERGENCY + field.label())
                .toList();
    }

    static Map<LiveField, Instant> resets(FleetDocument document) {
        Map<LiveField, Instant> resets = new EnumMap<>(LiveField.class);
        for (LiveField field : LiveField.values()) {
            Field set = document.fields().get(RESET + field.label());
            if (set != null) {
                resets.put(field, set.since());
            }
        }
        return resets;
    }
}
