package io.tiercel.sidecar.config;

import java.util.List;

/** The settings cannot be used; the message says all that is wrong with them. */
public final class ConfigException extends Exception {
    private final transient List<String> problems;

    ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line for each thing that is wrong, at least one. */
    public List<String> problems() {
        return problems;
    }
}
