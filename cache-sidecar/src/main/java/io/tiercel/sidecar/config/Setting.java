package io.tiercel.sidecar.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A line of the table of settings: flags, variables, the file, the help and the documentation all follow from it.
 *
 * @param name as flag (with two dashes before it) and in the file
 * @param group where help and documentation show it
 * @param kind what it takes
 * @param initial its default as it would be written; null if there is none
 * @param secrecy what of its value nobody may see
 * @param help a sentence or two
 */
record Setting<T>(
        String name, Group group, Kind<T> kind, @Nullable String initial, Secrecy secrecy, String help) {
    /** Where help and documentation show settings, in this order. */
    enum Group {
        LISTENERS("Where clients connect"),
        TIERS("Tiers"),
        CACHE("What is kept, and for how long"),
        ACCESS("Who may do what"),
        TLS("Encryption"),
        LIMITS("Limits on clients"),
        OVERLOAD("Overload"),
        SCALING("When to have more pods"),
        LIFE("Start and end"),
        OPERATION("Names and logs");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** What of a value nobody may see. */
    enum Secrecy {
        NONE,
        WHOLE,
        /** The password of a URI. */
        CREDENTIALS,
        /** Fields that are not known to be harmless. */
        FIELDS
    }

    String flag() {
        return "--" + name;
    }

    String variable() {
        return "TIERCEL_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
