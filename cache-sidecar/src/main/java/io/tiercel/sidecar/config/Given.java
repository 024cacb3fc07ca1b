package io.tiercel.sidecar.config;

import java.util.ArrayList;
import java.util.List;

/**
 * A value and where it came from.
 *
 * @param origin in words, such as {@code file /etc/tiercel.yaml, line 3}
 */
record Given(Node value, Source source, String origin) {
    /** As its kind wants it: a list that was written as one text is taken apart. */
    static Node shaped(Kind<?> kind, Node value) throws BadValueException {
        if (!kind.shape().isList() || !(value instanceof Node.Text text)) {
            return value;
        }
        if (text.text().strip().startsWith("[") && !isAddress(text.text().strip())) {
            try {
                return Yaml.value(text.text());
            } catch (Yaml.WrongYamlException e) {
                throw new BadValueException(String.valueOf(e.getMessage()));
            }
        }
        return kind.shape() == Kind.Shape.LIST ? new Node.Many(split(text.text())) : value;
    }

    /** {@code [::1]:11211} begins with a bracket, and is no list. */
    private static boolean isAddress(String text) {
        return text.matches("\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%]*](:\\d+)?(,.*)?");
    }

    private static List<Node> split(String text) {
        List<Node> items = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            items.add(new Node.Text(item.strip()));
        }
        return items;
    }
}
