package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.control.FleetMinutes;
import io.tiercel.sidecar.control.FleetParts;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What happened in the fleet between two times. Thread-safe. */
final class ReportRoutes {
    private static final Set<String> PARAMETERS = Set.of("from", "to", "format");
    private static final Duration USUAL = Duration.ofHours(1);
    private static final int REVISIONS = 100;

    private final @Nullable FleetParts fleet;

    ReportRoutes(@Nullable FleetParts fleet) {
        this.fleet = fleet;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/admin/scaling/report", Role.READ, Set.of(), this::report));
    }

    /**
     * Whole minutes.
     *
     * @param end up to when changes are of interest, which may be later than the last whole minute
     */
    record Span(Instant from, Instant to, Instant end) {
        /**
         * Understands what was asked for.
         *
         * @param until the end of the last minute that is known
         * @throws ProblemException that names the parameter
         */
        static Span of(Options options, Instant until) throws ProblemException {
            Map<String, String> query = options.others();
            if (!options.legible()) {
                throw ProblemException.invalid("query", "must have each name once, and no broken escapes");
            }
            for (String name : query.keySet()) {
                if (!PARAMETERS.contains(name)) {
                    throw ProblemException.invalid(
                            Json.shown(name), "is unknown in the query: there are from, to and format");
                }
            }
            Instant from = instant("from", query);
            Instant to = instant("to", query);
            Instant last = to == null || to.isAfter(until) ? until : up(to);
            Instant first = from == null ? last.minus(USUAL) : from.truncatedTo(ChronoUnit.MINUTES);
            if (from != null && to != null && !from.isBefore(to)) {
                throw ProblemException.invalid("from", "must be before to");
            }
            if (first.isBefore(until.minus(FleetMinutes.KEPT))) {
                throw ProblemException.invalid(
                        from == null ? "to" : "from", "must be within the last 7 days: for so long minutes are kept");
            }
            if (!first.isBefore(last)) {
                throw ProblemException.invalid("from", "must be two minutes ago at least: there is nothing yet");
            }
            return new Span(first, last, to == null ? Instant.MAX : to);
        }

        private static Instant up(Instant time) {
            Instant minute = time.truncatedTo(ChronoUnit.MINUTES);
            return minute.equals(time) ? minute : minute.plus(1, ChronoUnit.MINUTES);
        }

        private static @Nullable Instant instant(String name, Map<String, String> query) throws ProblemException {
            String text = query.get(name);
            if (text == null) {
                return null;
            }
            try {
                if (text.length() <= 40) {
                    Instant instant = OffsetDateTime.parse(text).toInstant();
                    // Beyond these nothing can be added to it.
                    if (instant.isAfter(Instant.EPOCH) && instant.isBefore(Instant.ofEpochSecond(1L << 38))) {
                        return instant;
                    }
                }
            } catch (DateTimeException e) {
                // As any other text that is none.
            }
            throw ProblemException.invalid(
                    name, "must be a time with its offset, such as 2026-11-27T08:00:00Z or 2026-11-27T09:00:00+01:00");
        }
    }

    private CompletionStage<Response> report(Exchange exchange) throws ProblemException {
        String format = exchange.options().others().getOrDefault("format", "json");
        if (!format.equals("json") && !format.equals("html")) {
            throw ProblemException.invalid("format", "must be json or html");
        }
        FleetParts parts = fleet;
        Span span = Span.of(
                exchange.options(),
                parts == null ? Instant.now() : parts.minutes().until());
        if (parts == null) {
            throw new ProblemException(NOT_FOUND, "Without redis there is no fleet.");
        }
        String name = parts.controls().fleet().settings().fleet();
        return parts.minutes()
                .report(span.from(), span.to())
                .thenCombine(
                        parts.controls().history(REVISIONS),
                        (report, revisions) -> ReportView.of(name, report, revisions, REVISIONS, span.end()))
                .thenApply(view -> format.equals("html")
                        ? Response.of(
                                OK,
                                "text/html; charset=utf-8",
                                ReportPage.of(view).getBytes(UTF_8))
                        : Response.json(ReportDocument.of(view)));
    }
}
