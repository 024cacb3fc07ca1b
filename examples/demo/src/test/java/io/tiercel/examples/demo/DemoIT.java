package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the jar as a user does, with real servers. */
@Timeout(120)
class DemoIT {
    private static final Path JAR = Path.of("target", "tiercel-demo.jar");
    private static final Pattern PIDS = Pattern.compile("pids? ([0-9, ]+)");

    private record Run(int exitCode, List<String> lines) {
        String text() {
            return String.join("\n", lines);
        }
    }

    @Test
    void a_run_ends_by_itself_with_every_request_accounted_for() throws Exception {
        Run run = run(line -> {}, "--plain", "--requests", "20000");

        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.text())
                .containsPattern("first, as before .* \\d+\\.\\d %")
                .containsPattern("second, joined cold .* \\d+\\.\\d %")
                .containsPattern("third, warmed up .* \\d+\\.\\d %")
                .contains("22,000 requests = ")
                .contains("Yes, and every answer was the row of its key.");
        assertThat(run.lines()).allSatisfy(line -> assertThat(line).doesNotContain("\033"));
    }

    @Test
    void a_run_goes_on_without_its_remote_tiers_when_they_are_killed() throws Exception {
        List<Long> pids = new ArrayList<>();
        Consumer<String> killer = line -> {
            Matcher named = PIDS.matcher(line);
            if (named.find()) {
                for (String pid : named.group(1).split(", ", -1)) {
                    pids.add(Long.valueOf(pid));
                }
            }
            if (line.contains("requests/s")) {
                pids.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            }
        };

        Run run = run(killer, "--plain", "--requests", "20000");

        assertThat(pids)
                .as("servers that the environment names cannot be killed")
                .isNotEmpty();
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.text()).contains("redis failed: ").contains("Yes, and every answer was the row of its key.");
    }

    @Test
    void a_wrong_option_ends_with_2_and_says_what_was_expected() throws Exception {
        assertRefused("--threads: expected a number from 1 to 256, but was 0", "--threads", "0");
        assertRefused("'--requests'", "--requests", "many");
        assertRefused("--format: only of use with --trace", "--format", "int64");
        assertRefused("--trace: there is no trace nowhere.xz", "--trace", "nowhere.xz");
        assertRefused("'--sed'", "--sed", "1");
    }

    @Test
    void a_trace_that_is_cut_off_ends_with_1_before_anything_is_started(@TempDir Path directory) throws Exception {
        Path trace = Files.write(directory.resolve("short.bin"), new byte[] {1, 2, 3, 4, 5});

        Run run = run(line -> {}, "--plain", "--trace", trace.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.text())
                .contains("the trace short.bin is cut off: the key at byte 4 has 1 bytes, expected 4")
                .doesNotContain("redis-server");
    }

    private static void assertRefused(String message, String... arguments) throws Exception {
        Run run = run(line -> {}, arguments);

        assertThat(run.exitCode()).as(run.text()).isEqualTo(2);
        assertThat(run.text()).contains(message);
    }

    private static Run run(Consumer<String> onLine, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-jar"));
        command.add(JAR.toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            List<String> lines = new ArrayList<>();
            try (BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    lines.add(line);
                    onLine.accept(line);
                }
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends").isTrue();
            return new Run(process.exitValue(), lines);
        } finally {
            process.destroyForcibly();
        }
    }
}
