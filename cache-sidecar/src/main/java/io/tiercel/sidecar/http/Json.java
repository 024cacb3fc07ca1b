package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;

import io.tiercel.sidecar.control.RefusedException.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** JSON as it comes in, strictly, and as it goes out. Stateless. */
final class Json {
    /** Stands for JSON's null, so that a field with it is not taken for an absent one. */
    static final Object NULL = new Object();

    private static final int DEEPEST = 5;
    private static final int LONGEST_SHOWN_NAME = 64;

    // Duplicates are found below, where their name is known; every other leniency is off by default.
    private static final JsonFactory READER = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(100)
                    .maxNameLength(1_000)
                    .build())
            .build();

    private static final JsonMapper WRITER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private Json() {}

    /** Maps, lists, strings, numbers, booleans and records, whose components get names with underscores. */
    static byte[] bytes(Object value) {
        return WRITER.writeValueAsBytes(value);
    }

    /**
     * The fields of a JSON object: {@link String}, {@link Boolean}, {@link Long} for whole numbers that fit, {@link
     * Double} for every other number, {@link List}, {@link Map} or {@link #NULL}. No bytes at all are an empty object.
     *
     * @throws ProblemException with 400 if it is anything else
     */
    static Map<String, Object> object(byte[] bytes) throws ProblemException {
        String text = text(bytes);
        if (text.isBlank()) {
            return Map.of();
        }
        try (JsonParser parser = READER.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed("The body must be a JSON object, such as {}.");
            }
            Map<String, Object> fields = fields(parser, "");
            if (parser.nextToken() != null) {
                throw malformed("The body must be one JSON object with nothing behind it.");
            }
            return fields;
        } catch (JacksonException e) {
            // Its own message speaks of the parser's classes and options.
            TokenStreamLocation at = e.getLocation();
            String where = at == null || at.getLineNr() < 1
                    ? ""
                    : " It breaks off at line " + at.getLineNr() + ", column " + at.getColumnNr() + ".";
            throw malformed("The body is no well-formed JSON of at most " + DEEPEST + " levels." + where);
        }
    }

    private static String text(byte[] bytes) throws ProblemException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("The body is not UTF-8.");
        }
    }

    private static ProblemException malformed(String detail) {
        return new ProblemException(BAD_REQUEST, detail);
    }

    private static Map<String, Object> fields(JsonParser parser, String path) throws ProblemException {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            String shown = shown(path + name);
            wellFormed(name, shown);
            Object value = value(parser, parser.nextToken(), shown);
            if (fields.put(name, value) != null) {
                throw new ProblemException(
                        BAD_REQUEST,
                        "The field " + shown + " is there twice.",
                        List.of(new Fault(shown, "must be there once")));
            }
        }
        return fields;
    }

    private static Object value(JsonParser parser, JsonToken token, String path) throws ProblemException {
        return switch (token) {
            case VALUE_STRING -> {
                String text = parser.getString();
                wellFormed(text, path);
                yield text;
            }
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> NULL;
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? (Object) Double.MAX_VALUE
                        : (Object) parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case START_OBJECT -> fields(parser, path + ".");
            case START_ARRAY -> {
                List<Object> items = new ArrayList<>();
                for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
                    items.add(value(parser, item, path));
                }
                yield items;
            }
            default -> throw malformed("The body is no well-formed JSON.");
        };
    }

    /** Half of a surrogate pair has no bytes: as a key it would turn into another one. */
    private static void wellFormed(String text, String path) throws ProblemException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new ProblemException(
                        BAD_REQUEST,
                        "The field " + path + " holds half of a surrogate pair.",
                        List.of(new Fault(path, "must be well-formed Unicode")));
            }
        }
    }

    /** A name that a caller sent, fit to be sent back. */
    static String shown(String name) {
        StringBuilder shown = new StringBuilder();
        name.codePoints()
                .limit(LONGEST_SHOWN_NAME)
                .forEach(c -> shown.appendCodePoint(c < ' ' || (c >= 0x7F && c < 0xA0) || isSurrogate(c) ? '?' : c));
        return shown.toString();
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
