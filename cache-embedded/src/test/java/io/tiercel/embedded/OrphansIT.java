package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the servers when the JVM that started them is ended from outside. */
final class OrphansIT {

    @Test
    void sigterm_of_the_jvm_leaves_neither_process_nor_directory(@TempDir Path temp) throws Exception {
        Child child = Child.start(temp);

        child.jvm.destroy();

        assertThat(child.jvm.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(child.pids).hasSizeGreaterThanOrEqualTo(3).noneMatch(Servers::isRunning);
        assertThat(temp).isEmptyDirectory();
    }

    @Test
    void sigkill_of_the_jvm_leaves_no_process_where_setpriv_exists(@TempDir Path temp) throws Exception {
        assumeTrue(
                new Surroundings(System.getenv()).onPath("setpriv").isPresent(),
                "setpriv (util-linux) is not installed: without it servers survive a kill -9 of the JVM");
        Child child = Child.start(temp);

        child.jvm.destroyForcibly();

        Servers.eventually(
                "all servers gone",
                Duration.ofSeconds(10),
                () -> child.pids.stream().noneMatch(Servers::isRunning));
    }

    private record Child(Process jvm, List<Long> pids) {
        static Child start(Path temp) throws Exception {
            ProcessBuilder builder = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-Djava.io.tmpdir=" + temp,
                            "-cp",
                            System.getProperty("java.class.path"),
                            Main.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().putAll(Map.of("TIERCEL_SERVERS", "local"));
            Process jvm = builder.start();
            List<Long> pids = new ArrayList<>();
            BufferedReader out = jvm.inputReader(StandardCharsets.UTF_8);
            for (String line = out.readLine(); line != null && !line.equals("ready"); line = out.readLine()) {
                if (line.startsWith("pid ")) {
                    pids.add(Long.parseLong(line.substring(4)));
                }
            }
            assertThat(pids).isNotEmpty().allMatch(Servers::isRunning);
            return new Child(jvm, pids);
        }
    }

    /** The child: starts servers, one of them paused, and waits for its end. */
    static final class Main {
        public static void main(String[] args) throws InterruptedException {
            EmbeddedServers servers = EmbeddedServers.start();
            servers.redis().nodes().forEach(node -> System.out.println("pid " + node.pid()));
            servers.memcached().ifPresent(memcached -> System.out.println("pid " + memcached.pid()));
            servers.redis().node(0).pause();
            System.out.println("ready");
            System.out.flush();
            Thread.sleep(Duration.ofMinutes(5).toMillis());
        }
    }
}
