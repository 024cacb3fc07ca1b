package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads settings in a process with 1 GiB of memory and no environment but what is given. */
record Reading(Map<String, String> environment) {
    static final long MEMORY = 1L << 30;
    static final Reading PLAIN = new Reading(Map.of());

    static Reading with(String name, String value) {
        return new Reading(Map.of(name, value));
    }

    Command command(String... flags) {
        try {
            return new ConfigReader(environment, MEMORY).read(flags);
        } catch (ConfigException e) {
            return fail("refused: " + e.getMessage(), e);
        }
    }

    SidecarConfig config(String... flags) {
        return ((Command.Run) command(flags)).config();
    }

    String printed(String... flags) {
        return ((Command.Print) command(flags)).text();
    }

    /** What is wrong with them. */
    List<String> problems(String... flags) {
        try {
            return fail("accepted: " + new ConfigReader(environment, MEMORY).read(flags));
        } catch (ConfigException e) {
            assertThat(e.problems()).isNotEmpty();
            return e.problems();
        }
    }

    /** The one thing that is wrong with them. */
    String problem(String... flags) {
        List<String> problems = problems(flags);
        assertThat(problems).hasSize(1);
        return problems.get(0);
    }

    static EffectiveSetting setting(SidecarConfig config, String name) {
        return config.settings().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A file of these lines. */
    static String file(Path directory, String... lines) {
        try {
            return Files.writeString(
                            Files.createTempFile(directory, "settings", ".yaml"), String.join("\n", lines) + "\n")
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
