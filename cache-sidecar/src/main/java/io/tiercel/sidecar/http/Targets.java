package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads what is in a request's first line. Stateless. */
final class Targets {
    private Targets() {}

    /** Undoes the escapes with percent signs, strictly. A plus sign is one. */
    static String decoded(String escaped) throws ProblemException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c != '%') {
                if (c > 0x7F) {
                    // The decoder makes one character of each byte.
                    throw new ProblemException(BAD_REQUEST, "Bytes beyond ASCII must be escaped in the path.");
                }
                bytes.write(c);
            } else if (i + 2 < escaped.length()
                    && HexFormat.isHexDigit(escaped.charAt(i + 1))
                    && HexFormat.isHexDigit(escaped.charAt(i + 2))) {
                bytes.write(HexFormat.fromHexDigits(escaped, i + 1, i + 3));
                i += 2;
            } else {
                throw new ProblemException(BAD_REQUEST, "A % in the path must be followed by two hexadecimal digits.");
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProblemException(BAD_REQUEST, "The path is not UTF-8.");
        }
    }

    /** The query's parameters. One that is there twice is refused. */
    static Map<String, String> query(String query) throws ProblemException {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
            if (parameters.put(name, value) != null) {
                throw ProblemException.invalid(Json.shown(name), "must be in the query once");
            }
        }
        return parameters;
    }
}
