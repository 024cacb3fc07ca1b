package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.ACCEPTED;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpPlan.Source;
import io.tiercel.sidecar.control.WarmUps;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    WarmUpRoutes(Controls controls, CacheBackend backend) {
        this.controls = controls;
        this.backend = backend;
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
                        Route.now(this::begin)),
                Route.read(PATH, exchange -> progress()),
                new Route("DELETE", PATH, Role.OPERATE, Set.of(), Route.now(this::cancel)));
    }

    private Response begin(Exchange exchange) throws ProblemException, RefusedException {
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
        long maxBytes = body.whole("max_bytes", 1, MOST_BYTES, room());
        Duration limit = body.duration("time_limit", Duration.ofMillis(100), Duration.ofMinutes(10))
                .orElse(USUAL_TIME);
        String reason = body.reason();
        body.check();
        controls.expect(exchange.ifVersion());
        if (exchange.dryRun()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("dry_run", true);
            json.put("max_keys", maxKeys);
            json.put("max_bytes", maxBytes);
            json.put("time_limit_ms", limit.toMillis());
            return Response.json(json);
        }
        WarmUpPlan plan = new WarmUpPlan(source, keys, pattern, null, maxKeys, maxBytes, limit, rate, concurrency);
        return Response.json(ACCEPTED, document(controls.warmUps().begin(plan, null, reason)))
                .header("Location", PATH);
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

    private Response cancel(Exchange exchange) throws ProblemException, RefusedException {
        exchange.body().check();
        controls.expect(exchange.ifVersion());
        WarmUps warmUps = controls.warmUps();
        return Response.json(document((exchange.dryRun() ? warmUps.last() : warmUps.cancel()).orElse(null)));
    }

    private Map<String, Object> document(WarmUps.@Nullable Job job) {
        return StatusDocument.warmUp(job, controls.warmUps().opened());
    }
}
