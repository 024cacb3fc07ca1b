package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.Node.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/** Reads YAML into {@link Node}s: with line numbers, without a guess at types, and strictly. */
final class Yaml {
    private static final YAMLMapper MAPPER = new YAMLMapper();

    private Yaml() {}

    /** A text that is not the YAML that it should be. Says nothing of the text itself, as there may be secrets in it. */
    static final class WrongYamlException extends Exception {
        private final int line;

        WrongYamlException(int line, String why) {
            super(why);
            this.line = line;
        }

        /** From 1; 0 if unknown. */
        int line() {
            return line;
        }

        /** The line and what is wrong there. */
        String inWords() {
            return line > 0 ? "line " + line + ": " + getMessage() : String.valueOf(getMessage());
        }
    }

    /** The names and values of a file; none if it is empty. */
    static List<Field> document(String text) throws WrongYamlException {
        Node root = value(text);
        if (root instanceof Node.Nothing) {
            return List.of();
        }
        if (root instanceof Node.Fields fields) {
            return fields.fields();
        }
        throw new WrongYamlException(1, "expected settings, one per line, such as 'ttl: 60s'");
    }

    /** One value, such as a list in brackets. */
    static Node value(String text) throws WrongYamlException {
        try (JsonParser parser = MAPPER.createParser(text)) {
            if (parser.nextToken() == null) {
                return new Node.Nothing();
            }
            Node value = node((YAMLParser) parser);
            if (parser.nextToken() != null) {
                throw new WrongYamlException(line(parser), "a second document begins; expected only one");
            }
            return value;
        } catch (JacksonException e) {
            throw wrong(e);
        }
    }

    private static WrongYamlException wrong(JacksonException e) {
        if (e.getCause() instanceof MarkedYamlEngineException marked) {
            int line = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            return new WrongYamlException(line, "not YAML: " + marked.getProblem());
        }
        int line = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getLineNr());
        return new WrongYamlException(line, "not YAML, or nested too deeply");
    }

    private static Node node(YAMLParser parser) throws WrongYamlException {
        JsonToken token = parser.currentToken();
        if (parser.isCurrentAlias()) {
            throw new WrongYamlException(
                    line(parser), "an alias (*name) is not supported; put a text that begins with * in quotes");
        }
        if (parser.getRawTag() != null) {
            throw new WrongYamlException(
                    line(parser), "a tag (!name) is not supported; put a text that begins with ! in quotes");
        }
        return switch (token) {
            case START_OBJECT -> fields(parser);
            case START_ARRAY -> many(parser);
            case VALUE_NULL -> new Node.Nothing();
            default -> new Node.Text(parser.getString());
        };
    }

    private static Node many(YAMLParser parser) throws WrongYamlException {
        List<Node> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node(parser));
        }
        return new Node.Many(items);
    }

    private static Node fields(YAMLParser parser) throws WrongYamlException {
        List<Field> fields = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            int line = line(parser);
            Integer first = lines.putIfAbsent(name, line);
            if (first != null) {
                throw new WrongYamlException(
                        line, Shown.text(name) + " is there twice, first in line " + first + "; remove one");
            }
            parser.nextToken();
            fields.add(new Field(name, line, node(parser)));
        }
        return new Node.Fields(fields);
    }

    private static int line(JsonParser parser) {
        return Math.max(1, parser.currentTokenLocation().getLineNr());
    }
}
