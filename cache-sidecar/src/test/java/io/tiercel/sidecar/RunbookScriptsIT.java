package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The runbook's procedures, run by their own check against sidecars that are processes of their own. It takes minutes of
 * a quiet machine, so it is run when asked for: {@code -Drunbook.check=true}.
 */
@EnabledIfSystemProperty(named = "runbook.check", matches = "true")
@Timeout(360)
final class RunbookScriptsIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path JAR = ROOT.resolve("cache-sidecar/target/tiercel-sidecar.jar");

    @TempDir
    Path directory;

    @BeforeEach
    void everythingIsThere() throws Exception {
        List<String> missing = new ArrayList<>();
        for (String program : List.of("redis-server", "redis-cli", "python3", "curl")) {
            Process looked = new ProcessBuilder("sh", "-c", "command -v " + program)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(looked.waitFor(20, TimeUnit.SECONDS)).isTrue();
            if (looked.exitValue() != 0) {
                missing.add(program);
            }
        }
        if (!Files.exists(JAR)) {
            missing.add("cache-sidecar/target/tiercel-sidecar.jar, which 'package' makes,");
        }
        String what = String.join(" and ", missing) + " missing: examples/runbook/check is not run";
        if ("true".equals(System.getenv("TIERCEL_REQUIRE_SERVERS"))) {
            assertThat(missing).as(what).isEmpty();
        }
        assumeTrue(missing.isEmpty(), what);
    }

    @Test
    void every_step_of_every_procedure_has_its_effect_on_every_pod() throws Exception {
        Path log = directory.resolve("check.log");

        Process check = started(log, "examples/runbook/check", "--quick");
        try {
            assertThat(check.waitFor(300, TimeUnit.SECONDS)).as(read(log)).isTrue();
        } finally {
            // It ends its sidecars and its Redis by itself when it is told to end.
            check.destroy();
            boolean unused = check.waitFor(40, TimeUnit.SECONDS);
        }

        assertThat(check.exitValue()).as(read(log)).isZero();
        assertThat(read(log)).contains(" claims, 0 failed");
    }

    private static Process started(Path log, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    private static String read(Path log) throws IOException {
        return Files.readString(log, UTF_8);
    }
}
