package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/**
 * A setting that the sidecar was started with.
 *
 * @param name as on the command line, such as {@code queue-max-size}
 * @param value for people; never a secret
 * @param source {@code default}, {@code file}, {@code environment} or {@code flag}
 */
public record StartupSetting(String name, String value, String source) {
    public StartupSetting {
        requireNonNull(name, "name");
        requireNonNull(value, "value");
        requireNonNull(source, "source");
    }
}
