package io.tiercel.sidecar.coherence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.tiercel.sidecar.Main;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A sidecar as a process of its own, which can be stopped, continued and ended by signals. */
final class SidecarProcess implements AutoCloseable {
    private final Process process;
    private final Path output;
    private final int port;
    private final int httpPort;

    /** Returns when it is ready. */
    SidecarProcess(String... flags) throws IOException {
        port = freePort();
        httpPort = freePort();
        output = Files.createTempFile("sidecar", ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", Main.class.getName()));
        command.addAll(List.of("--resp-port", Integer.toString(port), "--http-port", Integer.toString(httpPort)));
        command.addAll(List.of("--admin-port", "0", "--warm-up-on-start", "false"));
        command.addAll(List.of(flags));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        process = builder.start();
        try {
            await("it is ready")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        if (!process.isAlive()) {
                            throw new IOException(Files.readString(output, UTF_8));
                        }
                        return ready() == 200;
                    });
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** Bound to and released again: somebody else may take it, hardly ever. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    /** The status of {@code /ready}, 0 if nobody answers. */
    int ready() throws IOException {
        HttpURLConnection http = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + httpPort + "/ready").toURL().openConnection();
        http.setConnectTimeout(500);
        http.setReadTimeout(2_000);
        try {
            return http.getResponseCode();
        } catch (IOException e) {
            return 0;
        } finally {
            http.disconnect();
        }
    }

    /** STOP, CONT or TERM. */
    void signal(String name) throws Exception {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + ": " + status);
        }
    }

    /** Its exit code, -1 if it goes on. */
    int exitCode(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS) ? process.exitValue() : -1;
    }

    String output() throws IOException {
        return Files.readString(output, UTF_8);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(output);
    }
}
