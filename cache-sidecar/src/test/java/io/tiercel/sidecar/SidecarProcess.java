package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A sidecar as a process of its own, with as much memory as it is given and with every buffer watched for leaks. */
final class SidecarProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("redis-cli -p (\\d+)");
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final Process process;
    private final Path log;
    private final int port;

    private SidecarProcess(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** @param heap as for {@code -Xmx} */
    static SidecarProcess start(Path directory, String heap, String... flags) throws IOException {
        Path log = directory.resolve("sidecar.log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                // Every buffer, as at the level paranoid, but without noting who touched it: that takes most of the
                // time.
                "-Dio.netty.leakDetection.level=simple",
                "-Dio.netty.leakDetection.samplingInterval=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "--resp-port",
                "0",
                "--http-port",
                "0",
                "--admin-port",
                "0"));
        command.addAll(List.of(flags));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TIERCEL_") || name.endsWith("_OPTIONS"));
        Process process = builder.start();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !process.isAlive() || read(log).contains("settings from:"));
        Matcher port = PORT.matcher(read(log));
        if (!port.find()) {
            process.destroyForcibly();
            throw new IOException("it did not start: " + read(log));
        }
        return new SidecarProcess(process, log, Integer.parseInt(port.group(1)));
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, UTF_8);
    }

    int port() {
        return port;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() throws IOException {
        return read(log);
    }

    /** Bytes that it has in memory. */
    long resident() throws IOException {
        Matcher matcher = RESIDENT.matcher(read(Path.of("/proc", Long.toString(process.pid()), "status")));
        if (!matcher.find()) {
            throw new IOException("no VmRSS");
        }
        return Long.parseLong(matcher.group(1)) << 10;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
