package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the entry as a process of its own: exit codes and signals are those of the real thing. */
final class MainTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private @Nullable Process started;

    @AfterEach
    void end() {
        if (started != null) {
            started.destroyForcibly();
        }
    }

    private void start(String part, String... flags) throws IOException {
        start(ProcessBuilder.Redirect.to(directory.resolve("out").toFile()), part, flags);
    }

    private void start(ProcessBuilder.Redirect out, String part, String... flags) throws IOException {
        // As it is without any configuration, in the jar: everything down to debug.
        Path logback = Files.writeString(directory.resolve("logback.xml"), """
                <configuration>
                  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>unconfigured %msg%n</pattern></encoder>
                  </appender>
                  <root level="DEBUG"><appender-ref ref="out"/></root>
                </configuration>
                """);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dpart=" + part,
                "-Dlogback.configurationFile=" + logback,
                PlayedSidecar.class.getName()));
        command.addAll(List.of(flags));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out)
                .redirectError(directory.resolve("err").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TIERCEL_") || name.endsWith("_OPTIONS"));
        started = builder.start();
    }

    private Process process() {
        return requireNonNull(started);
    }

    private int exitCode() throws InterruptedException {
        assertThat(process().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return process().exitValue();
    }

    private String out() throws IOException {
        return Files.readString(directory.resolve("out"), UTF_8);
    }

    private String err() throws IOException {
        return Files.readString(directory.resolve("err"), UTF_8);
    }

    private void awaitScreen() {
        await().atMost(LIMIT).until(() -> out().contains("settings from:"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void a_signal_drains_closes_and_exits_with_0(String signal) throws IOException, InterruptedException {
        // A shell starts what it puts into the background so, and Java then ignores it as well.
        assumeTrue(signal.equals("TERM") || !isIgnored(2), "SIGINT is ignored by who started this");
        start("", "--drain-timeout", "5s");
        awaitScreen();
        assertThat(out())
                .contains("Tiercel sidecar", "redis-cli -p 6380", "warning: no redis")
                .doesNotContain("\033");

        Process kill =
                new ProcessBuilder("kill", "-" + signal, Long.toString(process().pid())).start();
        assertThat(kill.waitFor()).isZero();

        assertThat(exitCode()).isZero();
        assertThat(out()).containsSubsequence("draining\n", "drained\n", "closed\n");
        assertThat(err()).isEmpty();
    }

    private static boolean isIgnored(int signal) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String mask = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElse("SigIgn: 0")
                .substring(7)
                .strip();
        return (Long.parseUnsignedLong(mask, 16) >> (signal - 1) & 1) == 1;
    }

    @Test
    void the_end_of_the_sidecar_is_that_of_the_process() throws IOException, InterruptedException {
        start("ends");

        assertThat(exitCode()).isZero();
        assertThat(out()).contains("closed\n");
    }

    @Test
    void a_drain_that_hangs_is_given_up() throws IOException, InterruptedException {
        start("hangs", "--drain-timeout", "0s");
        awaitScreen();

        process().destroy();

        assertThat(exitCode()).isEqualTo(1);
        assertThat(out()).contains("closed\n").doesNotContain("drained");
        assertThat(err()).contains("not drained 5 s after the drain-timeout of 0 ms; giving up");
    }

    @Test
    void what_keeps_it_from_starting_is_told_in_one_line() throws IOException, InterruptedException {
        start("fails");

        assertThat(exitCode()).isEqualTo(1);
        assertThat(err())
                .isEqualTo("tiercel sidecar: redis at 127.0.0.1:1 does not answer; start it or leave --redis out\n");
        assertThat(out()).doesNotContain("Tiercel sidecar");
    }

    @Test
    void a_fault_at_the_start_is_an_end_too() throws IOException, InterruptedException {
        start("breaks");

        assertThat(exitCode()).isEqualTo(1);
        assertThat(err()).contains("could not start").contains("broken");
        assertThat(out()).contains("ERROR").contains("at io.tiercel.sidecar.PlayedSidecar.launch");
    }

    @Test
    void wrong_settings_are_told_and_nothing_is_started() throws IOException, InterruptedException {
        start("", "--ttl", "5", "--nonsense");

        assertThat(exitCode()).isEqualTo(2);
        assertThat(err().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("tiercel sidecar: ttl = '5' (flag --ttl): "))
                .anyMatch(line -> line.startsWith("tiercel sidecar: there is no flag --nonsense"))
                .anyMatch(line -> line.contains("--help"));
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "--print-config"})
    void what_is_asked_for_is_printed_alone(String flag) throws IOException, InterruptedException {
        start("", flag);

        assertThat(exitCode()).isZero();
        assertThat(out()).isNotEmpty().doesNotContain("settings from:", " INFO ", "unconfigured");
        assertThat(err()).isEmpty();
    }

    @Test
    void logs_are_lines_without_what_clients_libraries_say_of_values() throws IOException, InterruptedException {
        start("ends", "--log-level", "trace");

        assertThat(exitCode()).isZero();
        assertThat(out())
                .containsPattern(
                        "\\d{4}-\\d\\d-\\d\\dT[0-9:.]+\\S+ INFO +\\[main] i.t.sidecar.PlayedSidecar key k began"
                                + " like a line of its own\n")
                .contains("DEBUG [main] i.t.sidecar.PlayedSidecar in detail")
                .doesNotContain("a-secret");
    }

    @Test
    void at_its_usual_level_details_are_not_logged() throws IOException, InterruptedException {
        start("ends");

        assertThat(exitCode()).isZero();
        assertThat(out()).contains("key k began").doesNotContain("in detail");
    }

    @Test
    void nobody_waits_for_a_standard_output_that_is_stuck() throws IOException {
        start(ProcessBuilder.Redirect.PIPE, "floods");

        await().atMost(LIMIT).until(() -> err().contains("flooded"));
    }
}
