package io.tiercel.sidecar.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SecretsTest {
    private static final String SECRET = "hunter2";

    @TempDir
    private Path directory;

    private Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "secret", ""), content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hunter2", "hunter2\n", "hunter2\r\n"})
    void one_line_break_at_the_end_of_a_file_is_not_the_secrets(String content) throws IOException {
        SidecarConfig config =
                Reading.PLAIN.config("--password-file", file(content).toString());

        assertThat(config.access().password()).isEqualTo(Secret.of(SECRET));
        assertThat(config.access().needsAuth()).isTrue();
    }

    @Test
    void spaces_are() throws IOException {
        assertThat(Secret.read(file(" hunter2 \n")).matches(" hunter2 ".getBytes(UTF_8)))
                .isTrue();
        assertThat(Secret.read(file(" hunter2 \n")).matches(SECRET.getBytes(UTF_8)))
                .isFalse();
    }

    @Test
    void files_that_hold_no_secret_are_refused() throws IOException {
        assertThatThrownBy(() -> Secret.read(directory.resolve("none"))).hasMessage("there is no such file");
        assertThatThrownBy(() -> Secret.read(directory)).hasMessage("this is a directory");
        assertThatThrownBy(() -> Secret.read(file(""))).hasMessage("the file is empty");
        assertThatThrownBy(() -> Secret.read(file("\n"))).hasMessage("the file is empty");
        assertThatThrownBy(() -> Secret.read(file("hunter2\nhunter3\n"))).hasMessage("the file has more than one line");
        assertThatThrownBy(() -> Secret.read(file("hunter2\n\n"))).hasMessage("the file has more than one line");
        assertThatThrownBy(() -> Secret.read(file("x".repeat(4_097)))).hasMessage("the file is longer than 4096 bytes");
        assertThat(Secret.read(file("x".repeat(4_096))).length()).isEqualTo(4_096);
    }

    @Test
    void a_file_that_this_user_may_not_read_is_refused() throws IOException {
        Path file = file(SECRET);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file), "root may read every file");

        assertThat(Reading.PLAIN.problem("--password-file", file.toString()))
                .contains("this user may not read the file");
    }

    @Test
    void a_secret_matches_itself_only() {
        Secret secret = Secret.of(SECRET);

        assertThat(secret.matches(SECRET.getBytes(UTF_8))).isTrue();
        assertThat(secret.matches("hunter".getBytes(UTF_8))).isFalse();
        assertThat(secret.matches("hunter22".getBytes(UTF_8))).isFalse();
        assertThat(secret.matches(new byte[0])).isFalse();
        assertThat(secret).hasToString("***").isEqualTo(Secret.of(SECRET)).isNotEqualTo(Secret.of("x"));
    }

    @Test
    void nothing_that_is_printed_shows_one() throws IOException {
        String redis = "redis://app:hunter2@a:1,redis://app:hunter2@b:2";
        String users = "[{name: a, password: hunter2}]";
        String[] flags = {
            "--password",
            SECRET,
            "--redis",
            redis,
            "--users",
            users,
            "--admin-token-file",
            file(SECRET.repeat(5)).toString()
        };
        SidecarConfig config = Reading.PLAIN.config(flags);

        assertThat(config.access().users().get(0).password()).isEqualTo(Secret.of(SECRET));
        assertThat(config.toString()).doesNotContain(SECRET).contains("***");
        String[] printing = List.of("--print-config", "--password", SECRET, "--redis", redis, "--users", users)
                .toArray(String[]::new);
        assertThat(Reading.PLAIN.printed(printing))
                .doesNotContain(SECRET)
                .contains("redis: [\"redis://app:***@a:1\", \"redis://app:***@b:2\"]")
                .contains("users: [{name: a, password: \"***\"}]");
    }

    @Test
    void no_problem_shows_one() throws IOException {
        String file = Reading.file(
                directory,
                "password: [hunter2]",
                "passwort: hunter2",
                "users:",
                "  - {name: a, password: hunter2, pasword: hunter2}",
                "  - {name: 'b c', password: [hunter2]}",
                "  - hunter2",
                "admin-tokens: [{token: hunter2, role: admin}]",
                "redis: ['redis://u:hunter2', 'x@y:z']");
        assertHidden(Reading.PLAIN.problems("--config", file), 9);
        assertHidden(Reading.PLAIN.problems("--pasword", SECRET, "--passwort=hunter2"), 2);
        assertHidden(Reading.PLAIN.problems("--password", "a", SECRET), 1);
        assertHidden(Reading.PLAIN.problems("--password", SECRET, "--password", SECRET), 1);
        assertHidden(Reading.PLAIN.problems("--users", "[{name: a, password: hunter2}, {name: hunter2"), 1);
        assertHidden(Reading.PLAIN.problems("--users", "a:hunter2"), 1);
        assertHidden(Reading.PLAIN.problems("--redis", "redis://u:hunter2@h:x"), 1);
        assertHidden(Reading.PLAIN.problems("--redis", "redis://u:hun,hunter2@h:1"), 1);
        assertHidden(Reading.PLAIN.problems("--embedded", "--redis", "redis://u:hunter2@h:1"), 1);
        assertHidden(Reading.with("TIERCEL_PASWORD", SECRET).problems(), 1);
        assertHidden(
                Reading.with("TIERCEL_PASSWORD", SECRET).problems("--users", "[{name: default, password: hunter2}]"),
                1);
        String both = Reading.file(directory, "password: hunter2", "password-file: " + file(SECRET));
        assertHidden(Reading.PLAIN.problems("--config", both), 1);
    }

    private static void assertHidden(List<String> problems, int least) {
        assertThat(problems).hasSizeGreaterThanOrEqualTo(least).noneMatch(problem -> problem.contains(SECRET));
    }

    @Test
    void control_characters_of_values_do_not_reach_the_terminal() {
        assertThat(Reading.PLAIN.problem("--ttl", "\033[2J\u202e5\r\n")).contains("\\u001b[2J\\u202e5\\u000d\\u000a");
        assertThat(Reading.with("TIERCEL_\033", "x").problem()).contains("TIERCEL_\\u001b");
    }

    @Test
    void a_password_given_as_a_flag_is_warned_of() {
        assertThat(Reading.PLAIN.config("--password", SECRET).warnings())
                .anyMatch(warning -> warning.startsWith("password is a flag"));
        assertThat(Reading.with("TIERCEL_PASSWORD", SECRET).config().warnings())
                .noneMatch(warning -> warning.contains("password"));
    }
}
