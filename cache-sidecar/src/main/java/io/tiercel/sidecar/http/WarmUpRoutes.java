package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.ACCEPTED;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetEvents.Ask;
import io.tiercel.sidecar.control.FleetOutcome;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpPlan.Source;
import io.tiercel.sidecar.control.WarmUps;
import io.tiercel.sidecar.http.Options.Scope;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Begins, shows and ends warm-ups. Thread-safe. */
final class WarmUpRoutes {
    private static final String PATH = "/admin/cache/warm-up";
    private static final int MOST_KEYS = 1_000_000;
    private static final int MOST_RATE = 10_000_000;
    private static final int MOST_CONCURRENCY = 64;
    private static final int USUAL_KEYS = 50_000;
    private static final long MOST_BYTES = 1L << 40;
    private static final long USUAL_BYTES = 1L << 28;
    private static final Duration USUAL_TIME = Duration.ofSeconds(20);

    private final Controls controls;
    private final CacheBackend backend;
    private final @Nullable FleetParts fleet;

    /** @param fleet null if there is none: then it is about this pod */
    WarmUpRoutes(Controls controls, CacheBackend backend, @Nullable FleetParts fleet) {
        this.controls = controls;
        this.backend = backend;
        this.fleet = fleet;
    }

    List<Route> routes() {
        return List.of(
                Route.change(
                        PATH,
                        Role.OPERATE,
                        List.of(
                                "source",
                                "keys",
                                "pattern",
                                "max_keys",
                                "max_bytes",
                                "time_limit",
                                "rate",
                                "concurrency",
                                "reason"),
                        this::begin),
                Route.read(PATH, exchange -> progress()),
                new Route("DELETE", PATH, Role.OPERATE, Set.of(), this::cancel));
    }

    private CompletionStage<Response> begin(Exchange exchange) throws ProblemException, RefusedException {
        Body body = exchange.body();
        List<String> keys = body.texts("keys", MOST_KEYS);
        Source source = source(body);
        String pattern = body.text("pattern", 1, 1_024).orElse(null);
        if (body.has("keys") && body.has("pattern")) {
            body.fault("pattern", "must not be there beside keys");
        }
        if (source == Source.KEYS && !body.has("keys")) {
            body.fault("keys", "must be there if source is keys");
        }
        if ((source == Source.L2 || source == Source.PEERS) && (body.has("keys") || body.has("pattern"))) {
            body.fault("source", "must be keys or auto where keys or a pattern are named");
        }
        int rate = (int) body.whole("rate", 1, MOST_RATE, 0);
        int concurrency = (int) body.whole("concurrency", 1, MOST_CONCURRENCY, 0);
        int maxKeys = (int) body.whole("max_keys", 1, MOST_KEYS, USUAL_KEYS);
        FleetParts all = scoped(exchange);
        long maxBytes = body.whole("max_bytes", 1, MOST_BYTES, all == null ? room() : 0);
        Duration limit = body.duration("time_limit", Duration.ofMillis(100), Duration.ofMinutes(10))
                .orElse(USUAL_TIME);
        String reason = body.reason();
        body.check();
        if (all == null) {
            controls.expect(exchange.ifVersion());
        }
        if (exchange.dryRun()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("dry_run", true);
            json.put("max_keys", maxKeys);
            json.put("max_bytes", maxBytes == 0 ? room() : maxBytes);
            json.put("time_limit_ms", limit.toMillis());
            return CompletableFuture.completedFuture(Response.json(json));
        }
        WarmUpPlan plan = new WarmUpPlan(source, keys, pattern, null, maxKeys, maxBytes, limit, rate, concurrency);
        if (all == null) {
            return CompletableFuture.completedFuture(
                    Response.json(ACCEPTED, document(controls.warmUps().begin(plan, null, reason)))
                            .header("Location", PATH));
        }
        controls.warmUps().expectNone();
        return all.warmUps().begin(plan, ask(exchange, reason)).thenApply(done -> ofFleet(ACCEPTED, done));
    }

    private static Source source(Body body) {
        String word = body.has("source") ? body.text("source", 1, 10).orElse("") : "auto";
        for (Source source : Source.values()) {
            if (word.equals(source.name().toLowerCase(Locale.ROOT))) {
                return source;
            }
        }
        body.fault("source", "must be one of auto, peers, l2, keys");
        return Source.AUTO;
    }

    /** Three quarters of memory: the rest is for what is asked for beside it. */
    private long room() {
        return backend.tiers().stream()
                .filter(tier -> tier.tier().equals("l1"))
                .mapToLong(TierStatus::maximumBytes)
                .filter(bytes -> bytes > 0)
                .map(bytes -> Math.max(1, bytes / 4 * 3))
                .findFirst()
                .orElse(USUAL_BYTES);
    }

    private Response progress() {
        return Response.json(document(controls.warmUps().last().orElse(null)));
    }

    private CompletionStage<Response> cancel(Exchange exchange) throws ProblemException, RefusedException {
        FleetParts all = scoped(exchange);
        exchange.body().check();
        WarmUps warmUps = controls.warmUps();
        if (all == null) {
            controls.expect(exchange.ifVersion());
            return CompletableFuture.completedFuture(
                    Response.json(document((exchange.dryRun() ? warmUps.last() : warmUps.cancel()).orElse(null))));
        }
        return all.warmUps().cancel(ask(exchange, "")).thenApply(done -> ofFleet(OK, done));
    }

    /** Whom it is about: null for this pod alone. */
    private @Nullable FleetParts scoped(Exchange exchange) {
        if (exchange.options().scope() == Scope.FLEET && fleet == null) {
            exchange.body().fault("scope", "must be pod: without redis there is no fleet");
        }
        return exchange.options().scope() == Scope.POD ? null : fleet;
    }

    private static Ask ask(Exchange exchange, String reason) {
        return new Ask(
                exchange.ifVersion(), exchange.by(), reason, exchange.options().patience(), exchange.dryRun());
    }

    /** How this pod's is, and who has heard of it. */
    private Response ofFleet(HttpResponseStatus status, FleetOutcome done) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("scope", "fleet");
        json.putAll(document(controls.warmUps().last().orElse(null)));
        json.put("pods", ChangeReplies.pods(done));
        return Response.json(status, json).header("Location", PATH);
    }

    private Map<String, Object> document(WarmUps.@Nullable Job job) {
        return StatusDocument.warmUp(job, controls.warmUps().opened());
    }
}
