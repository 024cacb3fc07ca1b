package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Probes, metrics, and what there is to be looked at. Thread-safe. */
final class Reads {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final Controls controls;
    private final CacheBackend backend;
    private final StatusDocument status;
    private final Meters meters;
    private final byte[] openApi;

    Reads(Controls controls, CacheBackend backend, StatusDocument status, Meters meters) {
        this.controls = controls;
        this.backend = backend;
        this.status = status;
        this.meters = meters;
        this.openApi = Resources.required("openapi.json");
    }

    List<Route> routes() {
        return List.of(
                Route.open("/health", exchange -> health()),
                Route.open("/api/health", exchange -> health()),
                Route.open("/health/started", exchange -> started()),
                Route.open("/ready", exchange -> ready()),
                Route.open(
                        "/metrics",
                        exchange -> Response.of(OK, PROMETHEUS, meters.scrape().getBytes(UTF_8))),
                Route.open("/cache/stats", exchange -> Response.json(status.stats())),
                new Route("GET", "/cache/keys/{key}", null, Set.of(), this::key),
                Route.open("/api/status", exchange -> Response.json(status.json())),
                Route.open("/openapi.json", exchange -> openApi()),
                Route.read("/admin/openapi.json", exchange -> openApi()),
                Route.read("/admin/config", exchange -> config()));
    }

    private Response health() {
        // A tier that is down is no reason to restart the process: it would lose its memory on top.
        boolean serves = controls.readiness().unable() == null;
        return Response.json(serves ? OK : SERVICE_UNAVAILABLE, status.health());
    }

    private Response started() {
        boolean started = controls.readiness().isStarted();
        return Response.json(started ? OK : SERVICE_UNAVAILABLE, Map.of("started", started));
    }

    private Response ready() {
        Map<String, Object> body = status.readiness();
        return Response.json(Boolean.TRUE.equals(body.get("ready")) ? OK : SERVICE_UNAVAILABLE, body);
    }

    private CompletionStage<Response> key(Exchange exchange) {
        return backend.where(exchange.parameter()).thenApply(report -> Response.json(StatusDocument.key(report)));
    }

    private Response openApi() {
        return Response.of(OK, "application/json", openApi);
    }

    private Response config() {
        Map<String, Object> configuration = status.configuration();
        return Response.json(configuration).header("ETag", "\"" + configuration.get("version") + "\"");
    }
}
