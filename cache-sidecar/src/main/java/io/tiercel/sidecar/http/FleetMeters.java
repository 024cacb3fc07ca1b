package io.tiercel.sidecar.http;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.Reading;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.cache.fleet.scaling.Trigger;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.Scaling;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The fleet's numbers for Prometheus, as this pod knows them. Stateless. */
final class FleetMeters {
    private FleetMeters() {}

    static void bind(MeterRegistry registry, FleetParts parts) {
        fleet(registry, parts.controls().fleet());
        scaling(registry, parts.scaling());
    }

    private static void fleet(MeterRegistry registry, Fleet fleet) {
        gauge(registry, fleet, "fleet.size", "By how many pods everything is divided", Fleet::size);
        gauge(
                registry,
                fleet,
                "fleet.known",
                "1 if Redis has been heard of the fleet lately",
                f -> f.view().known() ? 1 : 0);
        gauge(
                registry,
                fleet,
                "fleet.config.version",
                "Version of the fleet's configuration in force here",
                f -> f.config().applied());
        for (Member.State state : Member.State.values()) {
            gauge(
                    registry,
                    fleet,
                    "fleet.pods",
                    "Pods that live, by what they are doing",
                    f -> f.view().count(state),
                    "state",
                    state.name().toLowerCase(Locale.ROOT));
        }
    }

    private static void scaling(MeterRegistry registry, Scaling scaling) {
        String pressure = "The least value of the trigger's window, as a share of its threshold: over 1 for more pods";
        for (Trigger trigger : Trigger.values()) {
            gauge(registry, scaling, "scaling.pressure", pressure, s -> pressure(s, trigger), "trigger", trigger.id());
        }
        gauge(registry, scaling, "scaling.pressure", pressure, s -> s.own().maxPressure(), "trigger", "max");
        gauge(
                registry,
                scaling,
                "scaling.desired.replicas",
                "How many pods the fleet should have",
                s -> of(s.last(), Recommendation::desired));
        gauge(
                registry,
                scaling,
                "scaling.conflicts",
                "Triggers that more pods would make worse",
                s -> of(s.last(), last -> last.conflicts().size()));
    }

    private static double pressure(Scaling scaling, Trigger trigger) {
        Reading reading = scaling.own().of(trigger);
        return reading == null ? Double.NaN : reading.shownPressure();
    }

    private static double of(@Nullable Recommendation last, ToDoubleFunction<Recommendation> value) {
        return last == null ? Double.NaN : value.applyAsDouble(last);
    }

    private static <T> void gauge(
            MeterRegistry registry, T of, String name, String description, ToDoubleFunction<T> value, String... tags) {
        Gauge.builder("tiercel." + name, of, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
