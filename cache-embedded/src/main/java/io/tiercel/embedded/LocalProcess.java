package io.tiercel.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A process of this machine. Once retired it cannot be started again, so that nothing outlives its host. */
final class LocalProcess implements ServerProcess {

    private final List<String> command;
    private final Path directory;
    private final Path log;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Process process;
    private boolean retired;

    LocalProcess(List<String> command, Path directory) {
        this.command = List.copyOf(command);
        this.directory = directory;
        this.log = directory.resolve("server.log");
    }

    @Override
    public void start() {
        lock.lock();
        try {
            if (retired) {
                throw new IllegalStateException("already closed");
            }
            process = Spawner.spawn(command, directory, log);
        } catch (IOException e) {
            throw new ServerStartException(e.getMessage() + "; log kept in " + log, e);
        } finally {
            lock.unlock();
        }
    }

    void retire() {
        lock.lock();
        try {
            retired = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    @Override
    public long pid() {
        return started().pid();
    }

    @Override
    public void signal(String name) {
        if (name.equals("KILL")) {
            started().destroyForcibly();
            return;
        }
        try {
            // Java cannot send these signals. The shell's own kill, as small images have no program of that name.
            Output output = Output.of(List.of("sh", "-c", "kill -" + name + " " + pid()), Duration.ofSeconds(5));
            if (output.exitCode() != 0 && isAlive()) {
                throw new IllegalStateException(
                        "kill -" + name + " " + pid() + ": " + output.text().strip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("kill -" + name + " " + pid(), e);
        }
    }

    @Override
    public boolean awaitExit(Duration timeout) {
        Process current = process;
        if (current == null) {
            return true;
        }
        try {
            return current.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !current.isAlive();
        }
    }

    @Override
    public String logTail() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            // This text goes into a message about something worse.
            return "(no log: " + e + ")";
        }
    }

    @Override
    public String logPlace() {
        return log.toString();
    }

    private Process started() {
        Process current = process;
        if (current == null) {
            throw new IllegalStateException("not started");
        }
        return current;
    }
}
