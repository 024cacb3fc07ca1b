package io.tiercel.sidecar.http;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/** A reply before it is written. Not changed any more once it is handed over. */
final class Response {
    private final HttpResponseStatus status;
    private final byte[] body;
    private final Map<String, String> headers = new LinkedHashMap<>();

    private Response(HttpResponseStatus status, byte[] body) {
        this.status = requireNonNull(status, "status");
        this.body = body;
    }

    static Response of(HttpResponseStatus status, String contentType, byte[] body) {
        return new Response(status, body).header("Content-Type", contentType);
    }

    static Response json(HttpResponseStatus status, Map<String, ?> body) {
        return of(status, "application/json", Json.bytes(body));
    }

    static Response json(Map<String, ?> body) {
        return json(HttpResponseStatus.OK, body);
    }

    Response header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    HttpResponseStatus status() {
        return status;
    }

    byte[] body() {
        return body;
    }

    Map<String, String> headers() {
        return headers;
    }
}
