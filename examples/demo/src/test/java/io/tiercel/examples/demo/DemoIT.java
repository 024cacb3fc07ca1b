package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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
    @Timeout(300)
    void servers_that_are_killed_in_turn_and_started_again_are_used_again() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/cmdline")), "how to start a server again is read from /proc");
        try (Fire fire = new Fire()) {
            Run run = run(fire, "--plain", "--requests", "400000");

            assertThat(fire.steps).as(run.text()).isEmpty();
            assertThat(run.exitCode()).as(run.text()).isZero();
            assertThat(run.text())
                    .contains("memcached failed: ", "memcached answers again after ")
                    .contains("redis failed: ", "redis answers again after ")
                    .contains("Yes, and every answer was the row of its key.");
        }
    }

    /** Kills memcached, then a Redis node, then all of them, and starts each again with its own command line. */
    private static final class Fire implements Consumer<String>, AutoCloseable {
        private static final Pattern PROGRESS = Pattern.compile("^ *(\\d+) % .*requests/s");

        private final List<Server> redis = new ArrayList<>();
        private final List<Server> memcached = new ArrayList<>();
        private final Map<Integer, Runnable> steps = new TreeMap<>();
        private final List<Process> started = new ArrayList<>();
        private boolean named;

        Fire() {
            steps.put(5, () -> memcached.forEach(Server::kill));
            steps.put(15, () -> restart(memcached));
            steps.put(20, () -> redis.get(0).kill());
            steps.put(30, () -> restart(redis.subList(0, 1)));
            steps.put(35, () -> redis.forEach(Server::kill));
            steps.put(45, () -> restart(redis));
        }

        @Override
        public void accept(String line) {
            named |= line.contains("L3 memcached");
            Matcher pids = PIDS.matcher(line);
            if (pids.find()) {
                for (String pid : pids.group(1).split(", ", -1)) {
                    (named ? memcached : redis).add(Server.of(Long.parseLong(pid)));
                }
            }
            Matcher progress = PROGRESS.matcher(line);
            if (progress.find() && !steps.isEmpty()) {
                int next = steps.keySet().iterator().next();
                if (Integer.parseInt(progress.group(1)) >= next) {
                    Objects.requireNonNull(steps.remove(next)).run();
                }
            }
        }

        private void restart(List<Server> servers) {
            servers.forEach(server -> started.add(server.start()));
        }

        @Override
        public void close() {
            started.forEach(Process::destroyForcibly);
        }
    }

    /** One of the demo's servers, which is this test's from its first start here on. */
    private static final class Server {
        private final List<String> command;
        private final Path directory;
        private long pid;

        private Server(long pid, List<String> command, Path directory) {
            this.pid = pid;
            this.command = command;
            this.directory = directory;
        }

        static Server of(long pid) {
            Path process = Path.of("/proc", Long.toString(pid));
            try {
                Path directory = Files.readSymbolicLink(process.resolve("cwd"));
                return new Server(pid, command(process, directory), directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Redis writes a title over its command line, which still begins with the program. */
        private static List<String> command(Path process, Path directory) throws IOException {
            String line = Files.readString(process.resolve("cmdline"));
            return Files.exists(directory.resolve("redis.conf"))
                    ? List.of(line.split("[ \0]", 2)[0], "redis.conf")
                    : List.of(line.split("\0"));
        }

        void kill() {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }

        Process start() {
            try {
                Process process = new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                pid = process.pid();
                return process;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
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
