package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetControls;
import io.tiercel.sidecar.control.FleetParts;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that can be asked for over HTTP. */
final class Routes {
    private Routes() {}

    static List<Route> all(
            HttpConfig config, Controls controls, @Nullable FleetParts fleet, CacheBackend backend, Meters meters) {
        FleetControls all = fleet == null ? null : fleet.controls();
        StatusDocument status = new StatusDocument(config, controls, fleet, backend);
        List<Route> routes = new ArrayList<>();
        routes.addAll(new Reads(controls, backend, status, meters).routes());
        routes.addAll(new Page(status).routes());
        routes.addAll(new Changes(controls, backend, all).routes());
        routes.addAll(new FleetRoutes(all).routes());
        routes.addAll(new ScalingRoutes(fleet).routes());
        routes.addAll(new ReportRoutes(fleet).routes());
        routes.addAll(new WarmUpRoutes(controls, backend, fleet).routes());
        routes.addAll(new HotSetRoutes(controls, backend, Routes::cpu, System::nanoTime).routes());
        return List.copyOf(routes);
    }

    /** What share of the CPU that there is for it this process uses; negative if the platform does not say. */
    private static double cpu() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuLoad()
                : -1;
    }
}
