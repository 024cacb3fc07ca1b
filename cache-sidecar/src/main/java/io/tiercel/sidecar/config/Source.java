package io.tiercel.sidecar.config;

import java.util.Locale;

/** Where a setting's value came from; each is stronger than those before it. */
public enum Source {
    DEFAULT,
    FILE,
    ENVIRONMENT,
    FLAG;

    /** In small letters. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
