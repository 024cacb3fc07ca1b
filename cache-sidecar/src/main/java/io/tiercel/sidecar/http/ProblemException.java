package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.CONFLICT;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.PRECONDITION_FAILED;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;
import static io.netty.handler.codec.http.HttpResponseStatus.UNPROCESSABLE_ENTITY;
import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.tiercel.sidecar.control.RefusedException;
import io.tiercel.sidecar.control.RefusedException.Fault;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request that is answered with a problem (RFC 9457). The message is for the caller. */
final class ProblemException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient HttpResponseStatus status;
    private final transient List<Fault> faults;
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    ProblemException(HttpResponseStatus status, String detail) {
        this(status, detail, List.of());
    }

    ProblemException(HttpResponseStatus status, String detail, List<Fault> faults) {
        super(detail, null, false, false);
        this.status = requireNonNull(status, "status");
        this.faults = List.copyOf(faults);
    }

    static ProblemException invalid(List<Fault> faults) {
        Fault first = faults.get(0);
        return new ProblemException(UNPROCESSABLE_ENTITY, first.field() + " " + first.message(), faults);
    }

    static ProblemException invalid(String field, String message) {
        return invalid(List.of(new Fault(field, message)));
    }

    static ProblemException of(RefusedException refused) {
        HttpResponseStatus status = switch (refused.why()) {
            case INVALID -> UNPROCESSABLE_ENTITY;
            case VERSION -> PRECONDITION_FAILED;
            case CONFLICT -> CONFLICT;
            case ABSENT -> NOT_FOUND;
            case UNAVAILABLE -> SERVICE_UNAVAILABLE;
        };
        return new ProblemException(status, requireNonNull(refused.getMessage()), refused.faults());
    }

    ProblemException header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    HttpResponseStatus status() {
        return status;
    }

    Response response() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", "about:blank");
        body.put("title", status.reasonPhrase());
        body.put("status", status.code());
        body.put("detail", requireNonNull(getMessage()));
        if (!faults.isEmpty()) {
            body.put("errors", faults);
        }
        Response response = Response.of(status, "application/problem+json", Json.bytes(body));
        headers.forEach(response::header);
        return response;
    }
}
