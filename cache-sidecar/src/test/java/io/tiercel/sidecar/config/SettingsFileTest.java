package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SettingsFileTest {
    @TempDir
    private Path directory;

    private String problem(String... lines) {
        return Reading.PLAIN.problem("--config", Reading.file(directory, lines));
    }

    @Test
    void a_name_that_is_there_twice_is_refused_with_both_lines() {
        assertThat(problem("ttl: 5s", "bound: 1s", "ttl: 5s"))
                .endsWith(", line 3: ttl is there twice, first in line 1; remove one");
        assertThat(problem("users:", "  - name: a", "    name: b", "    password: c"))
                .endsWith(", line 3: name is there twice, first in line 2; remove one");
    }

    @Test
    void what_is_not_yaml_is_refused_with_its_line_and_without_its_text() {
        assertThat(problem("ttl: 5s", "password: 'hunter2"))
                .contains(", line ")
                .contains("not YAML: ")
                .doesNotContain("hunter2");
        assertThat(problem("ttl: 5s", "\tbound: hunter2"))
                .contains(", line 2: not YAML: ")
                .doesNotContain("hunter2");
        assertThat(problem("password: hunter2: x"))
                .contains(", line 1: not YAML: ")
                .doesNotContain("hunter2");
        assertThat(problem("ttl: 5s", "hunter2")).contains(", line ").doesNotContain("hunter2");
    }

    @Test
    void only_one_mapping_is_taken() {
        assertThat(problem("- ttl: 5s")).endsWith("expected settings, one per line, such as 'ttl: 60s'");
        assertThat(problem("ttl")).endsWith("expected settings, one per line, such as 'ttl: 60s'");
        assertThat(problem("ttl: 5s", "---", "ttl: 6s")).endsWith("a second document begins; expected only one");
    }

    @Test
    void aliases_are_refused_rather_than_taken_for_text() {
        assertThat(problem("pod: &a x", "fleet: *a")).contains("line 2: an alias (*name) is not supported");
    }

    @Test
    void tags_are_refused_rather_than_taken_for_an_instruction() {
        for (String value :
                new String[] {"!hunter2", "!!binary aHVudGVyMg==", "!!str hunter2", "! hunter2", "!x [hunter2]"}) {
            assertThat(problem("ttl: 5s", "password: " + value))
                    .as(value)
                    .endsWith("line 2: a tag (!name) is not supported; put a text that begins with ! in quotes");
        }
        assertThat(Reading.PLAIN
                        .config("--config", Reading.file(directory, "password: '!hunter2'"))
                        .access()
                        .password())
                .isEqualTo(Secret.of("!hunter2"));
    }

    @Test
    void deep_nesting_is_refused() {
        assertThat(problem("users: " + "[".repeat(5_000) + "]".repeat(5_000))).contains("nested too deeply");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# only a comment", "---", "{}"})
    void an_empty_file_says_nothing(String text) {
        String file = Reading.file(directory, text);

        assertThat(Reading.PLAIN.config("--config", file).sources())
                .containsExactly("defaults", "file " + Shown.file(file) + " (0 settings)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "007",
                "1_000",
                "0x1F",
                "0o17",
                "1e3",
                "+1",
                "1.50",
                "true",
                "2026-01-01",
                "yes",
                "~",
                "-0",
                ".5",
                "0b1"
            })
    void a_password_is_taken_as_it_stands(String password) {
        String file = Reading.file(directory, "password: " + password);

        assertThat(Reading.PLAIN.config("--config", file).access().password()).isEqualTo(Secret.of(password));
    }

    @Test
    void what_cannot_be_read_is_refused_with_who_named_it() throws IOException {
        Path latin = Files.write(directory.resolve("latin.yaml"), "pod: é".getBytes(StandardCharsets.ISO_8859_1));
        Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);

        assertThat(Reading.PLAIN.problem("--config", "/no/such.yaml"))
                .isEqualTo("file /no/such.yaml (flag --config): there is no such file");
        assertThat(Reading.PLAIN.problem("--config", directory.toString())).contains("this is a directory");
        assertThat(Reading.PLAIN.problem("--config", latin.toString())).endsWith("not in UTF-8");
        assertThat(Reading.PLAIN.problem("--config", large.toString())).endsWith("longer than 1 MiB");
        assertThat(Reading.PLAIN.problem("--config", "a\0b")).endsWith("not a path here");
    }
}
