package io.tiercel.sidecar.config;

import java.util.List;

/** A value as it was written, before anybody knows what it should be. */
sealed interface Node {
    /** A single value; from YAML as it stands there, so that a password of 007 keeps its noughts. */
    record Text(String text) implements Node {}

    record Many(List<Node> items) implements Node {
        public Many {
            items = List.copyOf(items);
        }
    }

    record Fields(List<Field> fields) implements Node {
        public Fields {
            fields = List.copyOf(fields);
        }
    }

    /** A name with nothing behind it. */
    record Nothing() implements Node {}

    /** A named value and the line it stands in, counted from 1. */
    record Field(String name, int line, Node value) {}
}
