package io.tiercel.embedded;

import static java.util.Objects.requireNonNull;

/**
 * Where a server came from: the kind of choice, and a sentence for a person.
 *
 * @param kind which of the choices was taken
 * @param description for example {@code redis-server 7.0.15 from PATH (/usr/bin/redis-server)}; never holds a password
 */
public record ServerSource(Kind kind, String description) {

    /** The choices, in the order in which they are tried. */
    public enum Kind {
        /** Named by {@code TIERCEL_REDIS} or {@code TIERCEL_MEMCACHED}: nothing was started. */
        ENVIRONMENT,
        /** A program found on {@code PATH}. */
        LOCAL_BINARY,
        /** The program that the {@code org.signal:embedded-redis} artifact carries. */
        BUNDLED_BINARY,
        /** A container, started through Testcontainers. */
        CONTAINER
    }

    /** Refuses a missing kind or description. */
    public ServerSource {
        requireNonNull(kind, "kind");
        requireNonNull(description, "description");
    }

    @Override
    public String toString() {
        return description;
    }
}
