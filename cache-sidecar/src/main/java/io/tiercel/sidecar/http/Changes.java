package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Change;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.FleetControls;
import io.tiercel.sidecar.control.LiveField;
import io.tiercel.sidecar.control.LiveField.Group;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.http.Options.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can be changed while the sidecar runs, warm-ups apart. Thread-safe. */
final class Changes {
    private static final int MOST_KEYS = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(Changes.class);

    private final Controls controls;
    private final CacheBackend backend;
    private final @Nullable FleetControls fleet;

    /** @param fleet null if there is no Redis to make one of */
    Changes(Controls controls, CacheBackend backend, @Nullable FleetControls fleet) {
        this.controls = controls;
        this.backend = backend;
        this.fleet = fleet;
    }

    List<Route> routes() {
        List<String> reason = List.of("reason");
        List<String> timed = List.of("expires_in", "reason");
        return List.of(
                update("/admin/cache/config", Group.CACHE),
                reset("/admin/cache/reset", Group.CACHE, reason),
                update("/admin/config/update", Group.QUEUE),
                reset("/admin/config/reset", Group.QUEUE, List.of("fields", "reason")),
                update("/admin/rate-limit/update", Group.RATE),
                reset("/admin/rate-limit/reset", Group.RATE, reason),
                Route.change("/admin/tiers/{tier}", Role.ADMIN, List.of("mode", "expires_in", "reason"), this::tier),
                Route.change("/admin/drain", Role.ADMIN, timed, this::drain),
                Route.change("/admin/undrain", Role.ADMIN, reason, this::undrain),
                Route.change(
                        "/admin/cache/invalidate",
                        Role.OPERATE,
                        List.of("keys", "prefix", "reason"),
                        this::invalidate));
    }

    private Route update(String path, Group group) {
        List<String> fields = new ArrayList<>(labels(group));
        fields.add("expires_in");
        fields.add("reason");
        return Route.change(path, Role.OPERATE, fields, exchange -> update(exchange, group));
    }

    private Route reset(String path, Group group, List<String> fields) {
        return Route.change(path, Role.OPERATE, fields, exchange -> reset(exchange, group));
    }

    private static List<String> labels(Group group) {
        return LiveField.of(group).stream().map(LiveField::label).toList();
    }

    private CompletionStage<Response> update(Exchange exchange, Group group) throws ProblemException, RefusedException {
        Body body = exchange.body();
        List<LiveField> fields = LiveField.of(group);
        if (labels(group).stream().noneMatch(body::has)) {
            body.fault(fields.get(0).label(), "or " + others(group) + " must be there: nothing would change");
        }
        return set(exchange, body.live(fields));
    }

    private static String others(Group group) {
        List<String> labels = labels(group);
        return String.join(" or ", labels.subList(1, labels.size()));
    }

    private CompletionStage<Response> set(Exchange exchange, Map<LiveField, Object> values)
            throws ProblemException, RefusedException {
        Body body = exchange.body();
        Duration expiresIn = body.duration("expires_in", Controls.SHORTEST_OVERRIDE, Controls.LONGEST_OVERRIDE)
                .orElse(null);
        String reason = body.reason();
        body.check();
        return made(exchange, new Change(values, Set.of(), expiresIn, reason, exchange.dryRun(), exchange.ifVersion()));
    }

    private CompletionStage<Response> reset(Exchange exchange, Group group) throws ProblemException, RefusedException {
        Body body = exchange.body();
        Set<LiveField> fields = EnumSet.noneOf(LiveField.class);
        List<String> named = body.texts("fields", LiveField.of(group).size());
        for (String name : named) {
            Optional<LiveField> field = LiveField.named(name).filter(known -> known.group() == group);
            field.ifPresentOrElse(
                    fields::add, () -> body.fault("fields", "must name some of " + String.join(", ", labels(group))));
        }
        if (named.isEmpty()) {
            fields.addAll(LiveField.of(group));
        }
        return back(exchange, fields);
    }

    private CompletionStage<Response> back(Exchange exchange, Set<LiveField> fields)
            throws ProblemException, RefusedException {
        Body body = exchange.body();
        String reason = body.reason();
        body.check();
        return made(exchange, new Change(Map.of(), fields, null, reason, exchange.dryRun(), exchange.ifVersion()));
    }

    private CompletionStage<Response> tier(Exchange exchange) throws ProblemException, RefusedException {
        String tier = exchange.parameter();
        boolean there =
                backend.tiers().stream().anyMatch(status -> status.tier().equals(tier) && !tier.equals("l1"));
        if (!there) {
            throw new ProblemException(NOT_FOUND, "This sidecar has no such tier with a mode: there are l2 and l3.");
        }
        LiveField field = tier.equals("l2") ? LiveField.L2_MODE : LiveField.L3_MODE;
        Object mode = exchange.body().live(field, "mode");
        return set(exchange, mode == null ? Map.of() : Map.of(field, mode));
    }

    private CompletionStage<Response> drain(Exchange exchange) throws ProblemException, RefusedException {
        return set(exchange, Map.of(LiveField.DRAINING, true));
    }

    private CompletionStage<Response> undrain(Exchange exchange) throws ProblemException, RefusedException {
        return back(exchange, Set.of(LiveField.DRAINING));
    }

    /** For all pods unless this one alone is meant, which draining always is. */
    private CompletionStage<Response> made(Exchange exchange, Change change) throws ProblemException, RefusedException {
        FleetControls all = fleet;
        Scope scope = exchange.options().scope();
        boolean draining =
                change.set().containsKey(LiveField.DRAINING) || change.reset().contains(LiveField.DRAINING);
        if (scope == Scope.FLEET && draining) {
            throw ProblemException.invalid(
                    "scope", "must be pod: a fleet that sends its clients away has no place for them");
        }
        if (scope == Scope.FLEET && all == null) {
            throw ProblemException.invalid("scope", "must be pod: without redis there is no fleet");
        }
        if (all == null || draining || scope == Scope.POD) {
            return CompletableFuture.completedFuture(ChangeReplies.ofPod(controls.change(change)));
        }
        return all.change(change, exchange.by(), exchange.options().patience()).thenApply(ChangeReplies::ofFleet);
    }

    private CompletionStage<Response> invalidate(Exchange exchange) throws ProblemException, RefusedException {
        Body body = exchange.body();
        List<String> keys = body.texts("keys", MOST_KEYS);
        Optional<String> prefix = body.text("prefix", 1, 1_024);
        String reason = body.reason();
        if (body.has("keys") == body.has("prefix")) {
            body.fault("keys", "or prefix must be there, and not both");
        }
        body.check();
        // What is removed is removed from Redis, which tells all pods: there is no other scope.
        if (exchange.options().scope() == Scope.POD && fleet != null) {
            body.fault("scope", "must be fleet: keys are removed from Redis, and from every pod's memory with that");
            body.check();
        }
        controls.expect(exchange.ifVersion());
        if (exchange.dryRun()) {
            return CompletableFuture.completedFuture(invalidated(null));
        }
        String what = prefix.isPresent() ? "all keys with a prefix" : keys.size() + " keys";
        controls.events().add("invalidate", what + (reason.isEmpty() ? "" : ", reason: " + reason));
        CompletionStage<Long> done =
                prefix.isPresent() ? backend.invalidatePrefix(prefix.get()) : backend.invalidate(keys);
        return done.thenApply(this::invalidated).exceptionally(Changes::unavailable);
    }

    private Response invalidated(@Nullable Long count) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", controls.version());
        json.put("scope", fleet == null ? "pod" : "fleet");
        json.put("invalidated", count);
        if (count == null) {
            json.put("dry_run", true);
        }
        return Response.json(json);
    }

    private static Response unavailable(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        LOG.warn("Keys could not be invalidated", cause);
        String message = cause == null ? null : cause.getMessage();
        return new ProblemException(
                        SERVICE_UNAVAILABLE, message == null ? "The keys could not be invalidated." : message)
                .response();
    }
}
