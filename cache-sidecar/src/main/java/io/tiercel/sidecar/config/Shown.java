package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.Node.Field;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How values look to people: in messages cut short and without control characters, on one line, and secrets as stars. */
final class Shown {
    /** What stands where a secret is not shown. */
    static final String SECRET = "***";

    private static final int LONGEST = 64;
    private static final int LONGEST_FILE = 512;

    /** Texts that YAML takes for themselves without quotes; all others are quoted. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/.][A-Za-z0-9/._%+-]*(:[A-Za-z0-9/._%+-]+)*");

    private static final Set<String> NULLS = Set.of("null", "Null", "NULL");
    private static final Set<String> PUBLIC_FIELDS =
            Set.of("name", "password-file", "prefixes", "access", "file", "role");

    /** Scheme, user and password of a URI; greedy, as a password may have an at sign in it. */
    private static final Pattern CREDENTIALS = Pattern.compile("^(\\s*[a-z]+://)?(?:([^:@/]*):)?.*@", Pattern.DOTALL);

    private Shown() {}

    /** For a message: quoted if there is need, at most 64 characters. */
    static String text(String text) {
        return text(text, LONGEST);
    }

    /** As {@link #text(String)}, for the name of a file, at most 512 characters. */
    static String file(String name) {
        return text(name, LONGEST_FILE);
    }

    private static String text(String text, int longest) {
        String cut = text.length() <= longest ? text : text.substring(0, longest) + "...";
        return cut.isEmpty() ? "''" : escaped(cut);
    }

    private static String escaped(String text) {
        return escaped(text, Integer.MAX_VALUE);
    }

    /** With control characters, and all from {@code first} on, as YAML and Java write them. */
    private static String escaped(String text, int first) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c > 0xFFFF && c >= first) {
                shown.append(String.format("\\U%08x", c));
            } else if (c >= first || Character.isISOControl(c) || isInvisible(c)) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> true;
            default -> false;
        };
    }

    /** A value as YAML on one line. */
    static String yaml(Node node) {
        if (node instanceof Node.Text text) {
            return scalar(text.text());
        }
        if (node instanceof Node.Many many) {
            return many.items().stream().map(Shown::yaml).collect(Collectors.joining(", ", "[", "]"));
        }
        if (node instanceof Node.Fields fields) {
            return fields.fields().stream()
                    .map(field -> scalar(field.name()) + ": " + yaml(field.value()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        return "null";
    }

    private static String scalar(String text) {
        if (PLAIN.matcher(text).matches() && !NULLS.contains(text)) {
            return text;
        }
        // Not everything that this may be printed to knows more than ASCII.
        return '"' + escaped(text.replace("\\", "\\\\"), 0x7F).replace("\"", "\\\"") + '"';
    }

    /** The same without what only its owner should see. */
    static Node masked(Setting<?> setting, Node value) {
        return switch (setting.secrecy()) {
            case NONE -> value;
            case WHOLE -> new Node.Text(SECRET);
            case CREDENTIALS -> credentials(value);
            case FIELDS -> fields(value);
        };
    }

    private static Node credentials(Node value) {
        if (value instanceof Node.Text text) {
            Matcher matcher = CREDENTIALS.matcher(text.text());
            if (!matcher.find()) {
                return value;
            }
            String scheme = matcher.group(1) == null ? "" : matcher.group(1);
            String user = matcher.group(2) == null ? "" : matcher.group(2);
            return new Node.Text(
                    scheme + user + ":" + SECRET + "@" + text.text().substring(matcher.end()));
        }
        return value instanceof Node.Many many
                ? new Node.Many(many.items().stream().map(Shown::credentials).toList())
                : new Node.Text(SECRET);
    }

    private static Node fields(Node value) {
        if (value instanceof Node.Many many) {
            return new Node.Many(many.items().stream().map(Shown::fields).toList());
        }
        if (value instanceof Node.Fields fields) {
            List<Field> masked = fields.fields().stream()
                    .map(field -> PUBLIC_FIELDS.contains(field.name())
                            ? field
                            : new Field(field.name(), field.line(), new Node.Text(SECRET)))
                    .toList();
            return new Node.Fields(masked);
        }
        return new Node.Text(SECRET);
    }
}
