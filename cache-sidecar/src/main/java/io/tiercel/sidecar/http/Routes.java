package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import java.util.ArrayList;
import java.util.List;

/** Everything that can be asked for over HTTP. */
final class Routes {
    private Routes() {}

    static List<Route> all(HttpConfig config, Controls controls, CacheBackend backend, Meters meters) {
        StatusDocument status = new StatusDocument(config, controls, backend);
        List<Route> routes = new ArrayList<>();
        routes.addAll(new Reads(controls, backend, status, meters).routes());
        routes.addAll(new Page(status).routes());
        routes.addAll(new Changes(controls, backend).routes());
        routes.addAll(new WarmUpRoutes(controls, backend).routes());
        return List.copyOf(routes);
    }
}
