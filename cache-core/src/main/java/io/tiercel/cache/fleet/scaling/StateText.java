package io.tiercel.cache.fleet.scaling;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A state as text: fields between bars, lists between semicolons, parts between commas. Slots are told by how long before the
 * state's own they were, which keeps an hour of samples within 3 KB. Whatever is read is bounded and in range, or refused.
 */
final class StateText {
    private static final String VERSION = "1";
    private static final long LATEST_SLOT = 1L << 40;
    private static final long LATEST_MILLIS = 1L << 53;
    private static final String NONE = "";

    private StateText() {}

    static String of(ScalingState state) {
        Recommendation recommendation = state.recommendation();
        return String.join(
                "|",
                VERSION,
                Long.toString(state.slot()),
                Long.toString(state.learningSlot()),
                Long.toString(state.strayedSlot()),
                Long.toString(state.emergencySlot()),
                samples(state, state.samples()),
                samples(state, state.events()),
                state.seen().entrySet().stream()
                        .map(entry -> entry.getKey().id() + "," + (state.slot() - entry.getValue()))
                        .collect(Collectors.joining(";")),
                recommendation == null ? NONE : text(recommendation));
    }

    static ScalingState parse(String text) {
        Fields.longest("state", text, ScalingState.LONGEST);
        List<String> parts = Fields.parts("state", text, '|', 18);
        if (parts.isEmpty() || !parts.get(0).equals(VERSION)) {
            throw new IllegalArgumentException(
                    "state must be of version " + VERSION + ": " + Fields.shown(parts.isEmpty() ? "" : parts.get(0)));
        }
        if (parts.size() != 9 && parts.size() != 17) {
            throw new IllegalArgumentException("state must have 9 or 17 parts: " + parts.size());
        }
        long slot = slot("slot", parts.get(1));
        return new ScalingState(
                slot,
                slot("learning", parts.get(2)),
                slot("strayed", parts.get(3)),
                slot("emergency", parts.get(4)),
                samples("samples", parts.get(5), slot, 0),
                samples("events", parts.get(6), slot, -ScalingSettings.MOST_REPLICAS),
                seen(parts.get(7), slot),
                recommendation(parts.subList(8, parts.size())));
    }

    private static String samples(ScalingState state, List<ScalingState.Sample> samples) {
        return samples.stream()
                .map(sample -> (state.slot() - sample.slot()) + "," + sample.replicas())
                .collect(Collectors.joining(";"));
    }

    private static List<ScalingState.Sample> samples(String what, String text, long slot, int least) {
        List<ScalingState.Sample> samples = new ArrayList<>();
        long latest = Long.MIN_VALUE;
        for (String part : Fields.parts(what, text, ';', ScalingState.KEPT_SLOTS + 1)) {
            List<String> numbers = Fields.exactly(what, part, ',', 2);
            long at = slot - Fields.whole(what + ".ago", numbers.get(0), 0, ScalingState.KEPT_SLOTS);
            if (at < latest) {
                throw new IllegalArgumentException(what + " must be in order of time");
            }
            latest = at;
            int replicas = (int) Fields.whole(what + ".replicas", numbers.get(1), least, ScalingSettings.MOST_REPLICAS);
            samples.add(new ScalingState.Sample(at, replicas));
        }
        return samples;
    }

    private static Map<Trigger, Long> seen(String text, long slot) {
        Map<Trigger, Long> seen = new EnumMap<>(Trigger.class);
        for (String part : Fields.parts("seen", text, ';', Trigger.values().length)) {
            List<String> pair = Fields.exactly("seen", part, ',', 2);
            seen.put(Trigger.of(pair.get(0)), slot - Fields.whole("seen.ago", pair.get(1), 0, ScalingState.KEPT_SLOTS));
        }
        return seen;
    }

    private static String text(Recommendation of) {
        return String.join(
                "|",
                numbers(of.desired(), of.current(), of.ready(), of.min(), of.max(), of.upMin(), of.downMax()),
                Fields.number(of.pressure()),
                of.reason(),
                of.triggers().stream().map(StateText::text).collect(Collectors.joining(";")),
                of.conflicts().stream().map(StateText::text).collect(Collectors.joining(";")),
                of.limitedBy() == null ? NONE : of.limitedBy().name(),
                of.floor() == null ? NONE : text(of.floor()),
                Integer.toString(of.stalePods()),
                Long.toString(of.at().getEpochSecond()));
    }

    private static @Nullable Recommendation recommendation(List<String> parts) {
        if (parts.size() == 1) {
            if (!parts.get(0).isEmpty()) {
                throw new IllegalArgumentException("recommendation must have 9 parts: 1");
            }
            return null;
        }
        List<String> numbers = Fields.exactly("recommendation", parts.get(0), ',', 7);
        List<TriggerRow> triggers = new ArrayList<>();
        for (String row : Fields.parts("triggers", parts.get(3), ';', Trigger.values().length)) {
            triggers.add(row(row));
        }
        List<Conflict> conflicts = new ArrayList<>();
        for (String conflict : Fields.parts("conflicts", parts.get(4), ';', Trigger.values().length)) {
            conflicts.add(conflict(conflict));
        }
        if (!parts.get(2).matches("[a-z_0-9]{1,32}")) {
            throw new IllegalArgumentException(
                    "reason must be a word of 1 to 32 small letters: " + Fields.shown(parts.get(2)));
        }
        return new Recommendation(
                replicas("desired", numbers.get(0)),
                replicas("current", numbers.get(1)),
                replicas("ready", numbers.get(2)),
                replicas("min", numbers.get(3)),
                replicas("max", numbers.get(4)),
                Fields.number("pressure", parts.get(1)),
                parts.get(2),
                triggers,
                conflicts,
                replicas("up_min", numbers.get(5)),
                replicas("down_max", numbers.get(6)),
                parts.get(5).isEmpty() ? null : constant("limited_by", parts.get(5), Limit.class),
                parts.get(6).isEmpty() ? null : floor(parts.get(6)),
                replicas("stale_pods", parts.get(7)),
                Instant.ofEpochSecond(Fields.whole("at", parts.get(8), 0, LATEST_SLOT * ScalingState.SLOT_SECONDS)));
    }

    private static String text(TriggerRow row) {
        return String.join(
                ",",
                row.trigger().id(),
                Fields.number(row.value()),
                Fields.number(row.threshold()),
                Long.toString(row.window().toMillis()),
                row.sustained() ? "1" : "0",
                Fields.number(row.ratio()),
                Integer.toString(row.desired()),
                row.data().name());
    }

    private static TriggerRow row(String text) {
        List<String> parts = Fields.exactly("trigger", text, ',', 8);
        return new TriggerRow(
                Trigger.of(parts.get(0)),
                Fields.number("value", parts.get(1)),
                Fields.number("threshold", parts.get(2)),
                Duration.ofMillis(Fields.whole("window", parts.get(3), 0, 3_600_000)),
                Fields.whole("sustained", parts.get(4), 0, 1) == 1,
                Fields.number("ratio", parts.get(5)),
                replicas("desired", parts.get(6)),
                constant("data", parts.get(7), TriggerRow.Data.class));
    }

    private static String text(Conflict of) {
        return of.trigger().id() + "," + Fields.number(of.value()) + "," + Fields.number(of.threshold()) + ","
                + of.wanted() + "," + of.perPod();
    }

    private static Conflict conflict(String text) {
        List<String> parts = Fields.exactly("conflict", text, ',', 5);
        return new Conflict(
                Trigger.of(parts.get(0)),
                Fields.number("value", parts.get(1)),
                Fields.number("threshold", parts.get(2)),
                replicas("wanted", parts.get(3)),
                (int) Fields.whole("per_pod", parts.get(4), 1, Integer.MAX_VALUE));
    }

    private static String text(Floor of) {
        return of.kind() + "," + URLEncoder.encode(of.name(), UTF_8) + "," + of.replicas() + ","
                + of.from().toEpochMilli() + "," + of.until().toEpochMilli();
    }

    private static Floor floor(String text) {
        List<String> parts = Fields.exactly("floor", text, ',', 5);
        return new Floor(
                constant("floor.kind", parts.get(0), Floor.Kind.class),
                URLDecoder.decode(parts.get(1), UTF_8),
                replicas("floor.replicas", parts.get(2)),
                Instant.ofEpochMilli(Fields.whole("floor.from", parts.get(3), -LATEST_MILLIS, LATEST_MILLIS)),
                Instant.ofEpochMilli(Fields.whole("floor.until", parts.get(4), -LATEST_MILLIS, LATEST_MILLIS)));
    }

    private static String numbers(int... numbers) {
        return Arrays.stream(numbers).mapToObj(Integer::toString).collect(Collectors.joining(","));
    }

    private static long slot(String field, String text) {
        return Fields.whole(field, text, ScalingState.NEVER, LATEST_SLOT);
    }

    private static int replicas(String field, String text) {
        return (int) Fields.whole(field, text, 0, ScalingSettings.MOST_REPLICAS);
    }

    private static <E extends Enum<E>> E constant(String field, String text, Class<E> type) {
        try {
            return Enum.valueOf(type, text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    field + " must be one of " + List.of(type.getEnumConstants()) + ": " + Fields.shown(text), e);
        }
    }
}
