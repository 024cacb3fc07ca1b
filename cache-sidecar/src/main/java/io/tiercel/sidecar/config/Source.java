package io.tiercel.sidecar.config;

import java.util.Locale;

/** Where a setting's value came from; each is stronger than those before it. */
public enum Source {
    /** Nobody has said anything. */
    DEFAULT,
    /** The configuration file. */
    FILE,
    /** A variable of the environment. */
    ENVIRONMENT,
    /** The command line. */
    FLAG;

    /** In small letters. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
