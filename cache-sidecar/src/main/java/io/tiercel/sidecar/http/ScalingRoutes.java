package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.fleet.scaling.ConnectionScope;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.cache.fleet.scaling.ReplicaPlan;
import io.tiercel.cache.fleet.scaling.ScalingSettings;
import io.tiercel.sidecar.control.FleetEvents;
import io.tiercel.sidecar.control.FleetEvents.Ask;
import io.tiercel.sidecar.control.FleetEvents.Emergency;
import io.tiercel.sidecar.control.FleetOutcome;
import io.tiercel.sidecar.control.FleetParts;
import io.tiercel.sidecar.control.LiveField;
import io.tiercel.sidecar.control.PlannedEvent;
import io.tiercel.sidecar.control.PlannedEvent.Profile;
import io.tiercel.sidecar.control.Scaling;
import io.tiercel.sidecar.http.Options.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Signals and recommendations for autoscalers, planned events, emergencies. Thread-safe. */
final class ScalingRoutes {
    private static final Duration LONGEST_EVENT = Duration.ofDays(90);
    private static final Duration USUAL_LEAD = Duration.ofMinutes(20);
    private static final Duration LONGEST_LEAD = Duration.ofDays(1);
    private static final Duration USUAL_EMERGENCY = Duration.ofMinutes(30);
    private static final Duration LONGEST_EMERGENCY = Duration.ofDays(7);
    private static final double MOST = 1e9;
    private static final List<LiveField> OF_EMERGENCIES = List.of(
            LiveField.TTL,
            LiveField.QUEUE_MAX_SIZE,
            LiveField.QUEUE_TIMEOUT,
            LiveField.REQUESTS_PER_MINUTE,
            LiveField.BURST);

    private final @Nullable FleetParts fleet;

    ScalingRoutes(@Nullable FleetParts fleet) {
        this.fleet = fleet;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/scaling/recommendation", null, Set.of(), this::recommendation),
                new Route("GET", "/scaling/metrics", null, Set.of(), this::metrics),
                Route.read("/admin/scaling/event", exchange -> Response.json(events(required()))),
                Route.change(
                        "/admin/scaling/event",
                        Role.OPERATE,
                        List.of("name", "start", "end", "min_replicas", "lead", "warm_up", "profile", "reason"),
                        this::plan),
                new Route("DELETE", "/admin/scaling/event/{name}", Role.OPERATE, Set.of(), this::cancel),
                Route.change(
                        "/admin/scaling/emergency",
                        Role.OPERATE,
                        List.of(
                                "replicas",
                                "for",
                                "ttl",
                                "queue_max_size",
                                "queue_timeout_ms",
                                "requests_per_minute",
                                "burst",
                                "reason"),
                        this::emergency),
                Route.change("/admin/scaling/emergency/reset", Role.OPERATE, List.of("reason"), this::reset),
                new Route("GET", "/admin/scaling/plan", Role.READ, Set.of(), this::replicas),
                Route.change(
                        "/admin/metrics/report",
                        Role.OPERATE,
                        List.of("cpu", "memory", "db_connections", "scope"),
                        Route.now(this::report)));
    }

    private FleetParts required() throws ProblemException {
        FleetParts there = fleet;
        if (there == null) {
            throw new ProblemException(NOT_FOUND, "Without redis there is no fleet.");
        }
        return there;
    }

    /** The fleet, and what is planned for it. */
    static Map<String, Object> fleet(FleetParts parts) {
        Map<String, Object> json = FleetRoutes.fleet(parts.controls().fleet());
        Recommendation last = parts.scaling().last();
        json.put("scaling", last == null ? null : last.toMap());
        json.putAll(events(parts));
        return json;
    }

    // ---- recommendations

    private CompletionStage<Response> recommendation(Exchange exchange) throws ProblemException {
        String format = exchange.options().others().getOrDefault("format", "json");
        if (!format.equals("json") && !format.equals("number")) {
            throw ProblemException.invalid("format", "must be json or number");
        }
        return answered(last -> format.equals("json")
                ? Response.json(last.toMap())
                : forScalers(
                        last,
                        Response.of(
                                OK,
                                "text/plain; charset=utf-8",
                                Integer.toString(last.desired()).getBytes(US_ASCII))));
    }

    private CompletionStage<Response> metrics(Exchange exchange) throws ProblemException {
        return answered(last -> forScalers(last, Response.json(last.flat())));
    }

    private CompletionStage<Response> answered(Function<Recommendation, Response> answer) throws ProblemException {
        return required().scaling().recommendation().thenApply(answer);
    }

    /** A scaler that gets an error leaves everything as it is. */
    private static Response forScalers(Recommendation last, Response answer) {
        return last.isLearning()
                ? new ProblemException(
                                SERVICE_UNAVAILABLE,
                                "Not every pod may have been heard of yet: a minute after the start there is a number.")
                        .response()
                : answer;
    }

    private CompletionStage<Response> replicas(Exchange exchange) throws ProblemException {
        Scaling scaling = required().scaling();
        ScalingSettings settings = scaling.settings();
        String text = exchange.options().others().getOrDefault("target", Integer.toString(settings.min()));
        if (!text.matches("[0-9]{1,5}")
                || Integer.parseInt(text) < settings.min()
                || Integer.parseInt(text) > settings.max()) {
            throw ProblemException.invalid(
                    "target", "must be a whole number from " + settings.min() + " to " + settings.max());
        }
        Instant now = required().controls().fleet().time();
        return answered(last -> {
            ReplicaPlan plan = ReplicaPlan.of(last.current(), Integer.parseInt(text), settings, now);
            List<Map<String, Object>> steps = plan.steps().stream()
                    .map(step -> {
                        Map<String, Object> json = new LinkedHashMap<>();
                        json.put("at", step.at().toString());
                        json.put("replicas", step.replicas());
                        return json;
                    })
                    .toList();
            return Response.json(Map.of("steps", steps));
        });
    }

    private Response report(Exchange exchange) throws ProblemException {
        Body body = exchange.body();
        if (exchange.options().scope() == Scope.FLEET) {
            body.fault("scope", "must not be fleet: each application reports to the pod beside it");
        }
        if (!body.has("cpu") && !body.has("memory") && !body.has("db_connections")) {
            body.fault("cpu", "or memory or db_connections must be there: nothing would be reported");
        }
        OptionalDouble cpu = body.number("cpu", 0, 1_000);
        OptionalDouble memory = body.number("memory", 0, 1_000);
        OptionalDouble connections = body.number("db_connections", 0, MOST);
        ConnectionScope scope =
                body.choice("scope", List.of("pod", "database")).orElse("pod").equals("pod")
                        ? ConnectionScope.POD
                        : ConnectionScope.DATABASE;
        body.check();
        if (!exchange.dryRun()) {
            required().scaling().report(cpu, memory, connections, scope);
        }
        return Response.json(Map.of("taken", !exchange.dryRun(), "holds_ms", 60_000));
    }

    // ---- events and emergencies

    private static Map<String, Object> events(FleetParts parts) {
        FleetEvents events = parts.events();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("events", events.planned().stream().map(ScalingRoutes::event).toList());
        json.put("emergency", events.emergency().map(ScalingRoutes::emergency).orElse(null));
        return json;
    }

    private static Map<String, Object> event(PlannedEvent event) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", event.name());
        json.put("start", event.start().toString());
        json.put("end", event.end().toString());
        json.put("min_replicas", event.replicas());
        json.put("replicas_from", event.from().toString());
        json.put("warm_up", event.warmUp());
        json.put("profile", event.profile().label());
        return json;
    }

    private static Map<String, Object> emergency(Emergency on) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("replicas", on.replicas());
        json.put("since", on.since().toString());
        json.put("until", on.until().toString());
        return json;
    }

    private CompletionStage<Response> plan(Exchange exchange) throws ProblemException {
        Body body = exchange.body();
        String name = body.text("name", 1, 64).orElse("");
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            body.fault("name", "must be 1 to 64 of A-Z a-z 0-9 _ . -");
        }
        Instant start = body.instant("start");
        Instant end = body.instant("end");
        Instant now = Instant.now();
        if (start != null && end != null) {
            if (!end.isAfter(start)) {
                body.fault("end", "must be after start");
            } else if (!end.isAfter(now)) {
                body.fault("end", "must not have passed");
            } else if (end.isAfter(now.plus(LONGEST_EVENT))) {
                body.fault("end", "must be within 90 days");
            }
        }
        FleetParts there = fleet;
        int most = there == null
                ? ScalingSettings.DEFAULTS.max()
                : there.scaling().settings().max();
        int replicas = (int) body.whole("min_replicas", 0, most, 0);
        Duration lead = body.duration("lead", Duration.ZERO, LONGEST_LEAD).orElse(USUAL_LEAD);
        boolean warmUp = body.flag("warm_up", true);
        Profile profile = profile(body);
        Ask ask = ask(exchange);
        PlannedEvent event = start == null || end == null
                ? null
                : new PlannedEvent(name, start, end, replicas, lead, warmUp, profile);
        body.check();
        if (event == null) {
            throw ProblemException.invalid("start", "must be a time");
        }
        return required().events().plan(event, ask).thenApply(done -> with("event", event(event), done));
    }

    private static Profile profile(Body body) {
        List<String> labels = Stream.of(Profile.values()).map(Profile::label).toList();
        String label = body.choice("profile", labels).orElse(Profile.NORMAL.label());
        return Profile.valueOf(label.toUpperCase(Locale.ROOT));
    }

    private CompletionStage<Response> cancel(Exchange exchange) throws ProblemException {
        exchange.body().check();
        return required().events().cancel(exchange.parameter(), ask(exchange)).thenApply(ChangeReplies::ofFleet);
    }

    private CompletionStage<Response> emergency(Exchange exchange) throws ProblemException {
        Body body = exchange.body();
        FleetParts there = fleet;
        int most = there == null
                ? ScalingSettings.DEFAULTS.max()
                : there.scaling().settings().max();
        int replicas = (int) body.whole("replicas", 1, most, most);
        Duration life =
                body.duration("for", Duration.ofSeconds(1), LONGEST_EMERGENCY).orElse(USUAL_EMERGENCY);
        Map<LiveField, Object> settings = body.live(OF_EMERGENCIES);
        Ask ask = ask(exchange);
        body.check();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("replicas", replicas);
        json.put("until", Instant.now().plus(life).toString());
        return required()
                .events()
                .declare(replicas, life, settings, ask)
                .thenApply(done -> with("emergency", json, done));
    }

    private CompletionStage<Response> reset(Exchange exchange) throws ProblemException {
        Ask ask = ask(exchange);
        exchange.body().check();
        return required().events().end(ask).thenApply(ChangeReplies::ofFleet);
    }

    private static Response with(String name, Map<String, Object> what, FleetOutcome done) {
        return ChangeReplies.ofFleet(done, Map.of(name, what));
    }

    private static Ask ask(Exchange exchange) {
        Body body = exchange.body();
        if (exchange.options().scope() == Scope.POD) {
            body.fault("scope", "must be fleet: it is about how many pods there are");
        }
        return new Ask(
                exchange.ifVersion(),
                exchange.by(),
                body.reason(),
                exchange.options().patience(),
                exchange.dryRun());
    }
}
