package io.tiercel.embedded;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The environment variables that steer the choice of a server, so that a test can hand in its own. */
record Surroundings(Map<String, String> variables) {

    static final String REDIS = "TIERCEL_REDIS";
    static final String MEMCACHED = "TIERCEL_MEMCACHED";
    static final String SERVERS = "TIERCEL_SERVERS";
    static final String REQUIRE_SERVERS = "TIERCEL_REQUIRE_SERVERS";

    /** What {@value #SERVERS} may say. */
    enum Only {
        LOCAL,
        CONTAINER
    }

    Surroundings {
        variables = Map.copyOf(variables);
    }

    /** The environment of this JVM; the system property {@code tiercel.servers} goes before {@value #SERVERS}. */
    static Surroundings ofThisJvm() {
        Map<String, String> variables = new HashMap<>(System.getenv());
        String property = System.getProperty("tiercel.servers");
        if (property != null) {
            variables.put(SERVERS, property);
        }
        return new Surroundings(variables);
    }

    @Nullable
    Only only() {
        String value = text(SERVERS);
        if (value == null) {
            return null;
        }
        return switch (value) {
            case "local" -> Only.LOCAL;
            case "container" -> Only.CONTAINER;
            default ->
                throw new IllegalArgumentException(SERVERS + " must be 'local' or 'container', found '" + value + "'");
        };
    }

    /** Whether a server that is not to be had is an error where one would otherwise go on without it. */
    boolean requiresServers() {
        String value = text(REQUIRE_SERVERS);
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw new IllegalArgumentException(REQUIRE_SERVERS + " must be 'true' or 'false', found '" + value + "'");
    }

    /** The Redis that the environment names; none when a kind of server is forced. */
    @Nullable
    Addresses redis() {
        String value = text(REDIS);
        if (value == null || only() != null) {
            return null;
        }
        try {
            return Addresses.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(REDIS + ": " + e.getMessage(), e);
        }
    }

    /** The memcached that the environment names; none when a kind of server is forced. */
    @Nullable
    Address memcached() {
        String value = text(MEMCACHED);
        if (value == null || only() != null) {
            return null;
        }
        try {
            return Address.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(MEMCACHED + ": " + e.getMessage(), e);
        }
    }

    Optional<Path> onPath(String program) {
        for (String directory : variables.getOrDefault("PATH", "").split(":", -1)) {
            if (directory.isBlank()) {
                continue;
            }
            try {
                Path candidate = Path.of(directory, program);
                if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                    return Optional.of(candidate);
                }
            } catch (InvalidPathException e) {
                // A PATH entry that is no path holds no program either: the next one may.
            }
        }
        return Optional.empty();
    }

    private @Nullable String text(String name) {
        String value = variables.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
