package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;

/** Replies as they go to the wire. Stateless. */
final class Replies {
    private static final String POLICY =
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private Replies() {}

    /**
     * A reply without its Connection header.
     *
     * @param headOnly whether the client asked for the head alone, which still tells the body's length
     */
    static FullHttpResponse message(Response response, boolean headOnly) {
        byte[] body = response.body();
        ByteBuf content = headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body);
        FullHttpResponse message = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, response.status(), content);
        HttpHeaders headers = message.headers();
        response.headers().forEach(headers::set);
        headers.set("Content-Length", body.length);
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        return message;
    }

    /** What a client gets that is one too many, before it has said anything. */
    static ByteBuf full() {
        return Unpooled.copiedBuffer(
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                US_ASCII);
    }
}
