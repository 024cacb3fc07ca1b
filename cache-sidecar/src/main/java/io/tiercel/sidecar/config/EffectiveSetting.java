package io.tiercel.sidecar.config;

import org.jspecify.annotations.Nullable;

/**
 * A setting as it is in force.
 *
 * @param name as in the file
 * @param value as YAML on one line, secrets as {@code ***}; null if it is not set
 * @param source where it came from
 * @param origin the same in words, such as {@code file /etc/tiercel.yaml, line 3}
 */
public record EffectiveSetting(String name, @Nullable String value, Source source, String origin) {}
