package io.tiercel.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts processes that die with this JVM, even by SIGKILL, where {@code setpriv --pdeathsig} exists (Linux with
 * util-linux); elsewhere a {@code kill -9} of the JVM leaves them behind. The kernel sends that signal when the
 * <em>thread</em> that made the child ends, not the JVM: hence the one thread here, which never ends.
 */
final class Spawner {

    private static final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread spawner = new Thread(task, "tiercel-embedded-spawner");
        spawner.setDaemon(true);
        return spawner;
    });

    /** Holder idiom: the probe runs once, when the first server starts. */
    private static final class Prefix {
        static final List<String> VALUE = probe();

        private static List<String> probe() {
            List<String> prefix = List.of("setpriv", "--pdeathsig", "KILL");
            List<String> command = new ArrayList<>(prefix);
            command.add("true");
            try {
                return Output.of(command, Duration.ofSeconds(5)).exitCode() == 0 ? prefix : List.of();
            } catch (IOException e) {
                // No such program: then servers go without, as the class comment says.
                return List.of();
            }
        }
    }

    private Spawner() {}

    static Process spawn(List<String> command, Path directory, Path log) throws IOException {
        List<String> whole = new ArrayList<>(Prefix.VALUE);
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            return uninterrupted(builder);
        } catch (ExecutionException e) {
            throw new IOException("cannot start " + command.get(0) + ": " + e.getCause(), e.getCause());
        }
    }

    /** An interrupt here would lose a process that was just started, so it is kept for later. */
    private static Process uninterrupted(ProcessBuilder builder) throws ExecutionException {
        var started = thread.submit(builder::start);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return started.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
