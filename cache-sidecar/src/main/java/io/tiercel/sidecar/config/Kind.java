package io.tiercel.sidecar.config;

/**
 * What a setting takes.
 *
 * @param label stands for the value in the help, such as {@code DURATION}
 * @param expected what would be right, for messages, such as {@code a duration from 1s to 30d}
 * @param shape how its values are written
 * @param parser understands them
 */
record Kind<T>(String label, String expected, Shape shape, Parser<T> parser) {
    /** How values are written. */
    enum Shape {
        SINGLE,
        /** As SINGLE; a flag without a value means true. */
        SWITCH,
        /** A list in YAML; elsewhere in brackets as there, or with commas between, or a flag several times. */
        LIST,
        /** A list in YAML of values with names; elsewhere in brackets as there. */
        RECORDS;

        boolean isList() {
            return this == LIST || this == RECORDS;
        }
    }

    /** Understands a value. */
    interface Parser<T> {
        T parse(Node value) throws BadValueException;
    }

    /** Understands a single value. */
    interface TextParser<T> {
        T parse(String text) throws BadValueException;
    }

    static <T> Kind<T> single(String label, String expected, TextParser<T> parser) {
        return new Kind<>(label, expected, Shape.SINGLE, value -> parser.parse(Kinds.textOf(value)));
    }
}
