package io.tiercel.embedded;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisExecProvider;

/** What the tests of processes share. */
final class Servers {

    private Servers() {}

    static Resp connect(RedisNode node) throws IOException {
        return Resp.connect(new Address(node.host(), node.port()), null, Duration.ofSeconds(2));
    }

    /** The directory of the server with that port, whoever else has servers on this machine. */
    static Optional<Path> directory(String program, int port) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("tiercel-" + program))
                    .filter(file -> Files.isDirectory(file.resolve(program.replace("-server", "") + "-" + port)))
                    .findFirst();
        }
    }

    /** Deletes the log that a message says was kept, so that the test leaves no litter; false when there is none. */
    static boolean deleteKeptLog(@Nullable String message) throws IOException {
        Path log = Path.of(String.valueOf(message).replaceFirst("(?s).*log kept in (\\S+?),.*", "$1"));
        boolean existed = Files.exists(log);
        Path server = requireNonNull(log.getParent());
        for (String file : List.of("server.log", "redis.conf", "nodes.conf", "")) {
            Files.deleteIfExists(server.resolve(file));
        }
        Files.deleteIfExists(requireNonNull(server.getParent()));
        return existed;
    }

    static boolean isRunning(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    /** Waits for another process, which tells nobody: so it is asked again and again, but not for ever. */
    static void eventually(String what, Duration timeout, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + timeout + ": " + what);
            }
            Thread.sleep(20);
        }
    }

    static String memcached(Memcached memcached, String request, int replyBytes) throws IOException {
        try (Socket socket = new Socket(memcached.host(), memcached.port())) {
            socket.setSoTimeout(500);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(replyBytes), StandardCharsets.US_ASCII);
        }
    }

    static Path directoryWithRedisServer(Path directory) throws IOException {
        Files.createSymbolicLink(
                directory.resolve("redis-server"),
                RedisExecProvider.defaultProvider().get().toPath());
        return directory;
    }

    static Path script(Path file, String... lines) throws IOException {
        Files.write(file, List.of(lines));
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + file + " executable");
        }
        return file;
    }
}
