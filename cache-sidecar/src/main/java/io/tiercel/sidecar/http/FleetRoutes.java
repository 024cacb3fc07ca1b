package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;

import io.tiercel.cache.fleet.Fleet;
import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetRevision;
import io.tiercel.cache.fleet.FleetView;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.SignalSnapshot;
import io.tiercel.sidecar.control.FleetControls;
import io.tiercel.sidecar.control.Scaling;
import io.tiercel.sidecar.http.Options.Scope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Shows the fleet, and what was set for it and by whom. Thread-safe. */
final class FleetRoutes {
    /** What the fields begin with by which pods are told to drop what they have set for themselves. */
    private static final String RESET = "reset.";

    private static final int MOST = 100;
    private static final int USUAL = 20;
    /** The largest number that every reader of JSON keeps whole. */
    private static final long MOST_VERSION = (1L << 53) - 1;

    private final @Nullable FleetControls fleet;

    FleetRoutes(@Nullable FleetControls fleet) {
        this.fleet = fleet;
    }

    List<Route> routes() {
        return List.of(
                Route.read(
                        "/admin/fleet",
                        exchange -> Response.json(fleet(required().fleet()))),
                new Route("GET", "/admin/config/history", Role.READ, Set.of(), this::history),
                new Route("GET", "/admin/audit", Role.READ, Set.of(), this::audit),
                Route.change("/admin/config/rollback", Role.OPERATE, List.of("version", "reason"), this::rollback));
    }

    private FleetControls required() throws ProblemException {
        FleetControls there = fleet;
        if (there == null) {
            throw new ProblemException(NOT_FOUND, "Without redis there is no fleet.");
        }
        return there;
    }

    static Map<String, Object> fleet(Fleet fleet) {
        FleetView view = fleet.view();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fleet", fleet.settings().fleet());
        json.put("pod", fleet.settings().pod());
        json.put("size", view.size());
        json.put("known", view.known());
        json.put("warming", view.count(Member.State.WARMING));
        json.put("ready", view.count(Member.State.READY));
        json.put("draining", view.count(Member.State.DRAINING));
        json.put("config_version", fleet.config().document().version());
        json.put("at", view.at().equals(Instant.EPOCH) ? null : view.at().toString());
        json.put("pods", view.members().stream().map(FleetRoutes::member).toList());
        return json;
    }

    private static Map<String, Object> member(Member member) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("pod", member.pod());
        json.put("state", member.state().name().toLowerCase(Locale.ROOT));
        json.put("config_version", member.number("config", 0));
        json.put("joined_at", member.joinedAt().toString());
        json.put("seen_at", member.seenAt().toString());
        json.put("pressure", pressure(member));
        Map<String, String> facts = new TreeMap<>(member.facts());
        facts.remove("config");
        json.put("facts", facts);
        return json;
    }

    /** The highest of its triggers that ask for pods; null if it has told none. */
    static @Nullable Double pressure(Member member) {
        String told = member.facts().get(Scaling.FACT);
        if (told == null) {
            return null;
        }
        try {
            return SignalSnapshot.decode(told).maxPressure();
        } catch (IllegalArgumentException e) {
            return null; // of another version
        }
    }

    private static int limit(Exchange exchange) throws ProblemException {
        String text = exchange.options().others().getOrDefault("limit", Integer.toString(USUAL));
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MOST) {
            throw ProblemException.invalid("limit", "must be a whole number from 1 to " + MOST);
        }
        return Integer.parseInt(text);
    }

    private CompletionStage<Response> history(Exchange exchange) throws ProblemException {
        return required().history(limit(exchange)).thenApply(revisions -> {
            List<Map<String, Object>> all = new ArrayList<>();
            for (FleetRevision revision : revisions) {
                Map<String, Object> json = revision(revision);
                Map<String, Object> fields = new TreeMap<>();
                revision.document().fields().forEach((name, field) -> fields.put(name, field(field)));
                json.put("fields", fields);
                all.add(json);
            }
            return Response.json(Map.of("revisions", all));
        });
    }

    private static Map<String, Object> field(FleetDocument.Field field) {
        Instant expiresAt = field.expiresAt();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("value", field.value());
        json.put("since", field.since().toString());
        json.put("expires_at", expiresAt == null ? null : expiresAt.toString());
        return json;
    }

    private static Map<String, Object> revision(FleetRevision revision) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", revision.document().version());
        json.put("at", revision.at().toString());
        json.put("kind", revision.kind());
        json.put("pod", revision.pod());
        json.put("by", revision.by());
        json.put("reason", revision.reason());
        return json;
    }

    /** One more than is shown is asked for, so that the last one can be told from what was before it. */
    private CompletionStage<Response> audit(Exchange exchange) throws ProblemException {
        int limit = limit(exchange);
        return required().history(Math.min(MOST, limit + 1)).thenApply(revisions -> {
            List<Map<String, Object>> entries = new ArrayList<>();
            for (int i = 0; i < Math.min(limit, revisions.size()); i++) {
                Map<String, Object> json = revision(revisions.get(i));
                FleetDocument before =
                        i + 1 < revisions.size() ? revisions.get(i + 1).document() : null;
                json.put("changes", changes(before, revisions.get(i).document(), FleetRoutes::assignment));
                entries.add(json);
            }
            return Response.json(Map.of("entries", entries));
        });
    }

    /** What is different, by the name of the field. */
    static List<String> changes(
            @Nullable FleetDocument before,
            FleetDocument after,
            BiFunction<String, FleetDocument.Field, String> inWords) {
        Map<String, FleetDocument.Field> old = before == null ? Map.of() : before.fields();
        List<String> changes = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(old.keySet());
        names.addAll(after.fields().keySet());
        for (String name : names) {
            FleetDocument.Field was = old.get(name);
            FleetDocument.Field is = after.fields().get(name);
            if (name.startsWith(RESET)) {
                if (is != null && !is.equals(was)) {
                    changes.add(name.substring(RESET.length()) + " reset at every pod");
                }
            } else if (is == null) {
                changes.add(name + " removed");
            } else if (!is.equals(was)) {
                changes.add(inWords.apply(name, is));
            }
        }
        return changes;
    }

    static String assignment(String name, FleetDocument.Field field) {
        return name + " = " + field.value() + (field.expiresAt() == null ? "" : ", until " + field.expiresAt());
    }

    private CompletionStage<Response> rollback(Exchange exchange) throws ProblemException {
        Body body = exchange.body();
        if (!body.has("version")) {
            body.fault("version", "must be one of those in GET /admin/config/history");
        }
        long version = body.whole("version", 1, MOST_VERSION, 0);
        String reason = body.reason();
        if (exchange.options().scope() == Scope.POD) {
            body.fault("scope", "must be fleet: a single pod keeps no versions to go back to");
        }
        body.check();
        return required()
                .rollback(
                        version,
                        exchange.ifVersion(),
                        exchange.by(),
                        reason,
                        exchange.options().patience(),
                        exchange.dryRun())
                .thenApply(ChangeReplies::ofFleet);
    }
}
