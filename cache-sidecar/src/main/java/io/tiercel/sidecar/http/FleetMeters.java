package io.tiercel.sidecar.http;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.Member;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The fleet's numbers for Prometheus, as this pod knows them. Stateless. */
final class FleetMeters {
    private FleetMeters() {}

    static void bind(MeterRegistry registry, Fleet fleet) {
        gauge(registry, fleet, "size", "By how many pods everything is divided", Fleet::size);
        gauge(
                registry,
                fleet,
                "known",
                "1 if Redis has been heard of the fleet lately",
                f -> f.view().known() ? 1 : 0);
        gauge(
                registry,
                fleet,
                "config.version",
                "Version of the fleet's configuration in force here",
                f -> f.config().applied());
        for (Member.State state : Member.State.values()) {
            Gauge.builder("tiercel.fleet.pods", fleet, f -> f.view().count(state))
                    .description("Pods that live, by what they are doing")
                    .tags("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    private static void gauge(
            MeterRegistry registry, Fleet fleet, String name, String description, ToDoubleFunction<Fleet> value) {
        Gauge.builder("tiercel.fleet." + name, fleet, value)
                .description(description)
                .register(registry);
    }
}
