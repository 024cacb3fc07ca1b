package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/**
 * Something that happened to the sidecar, for the people who run it. Holds neither keys nor what is stored under them.
 *
 * @param at when, in milliseconds since 1970
 * @param kind what sort of thing, in one word such as {@code config}, {@code drain} or {@code warm-up}
 * @param text one line for people
 */
public record Event(long at, String kind, String text) {
    public Event {
        requireNonNull(kind, "kind");
        requireNonNull(text, "text");
    }
}
