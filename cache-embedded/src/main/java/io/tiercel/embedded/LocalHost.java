package io.tiercel.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes of this machine, with one temporary directory for all of them. */
final class LocalHost implements Host {

    private static final Logger log = LoggerFactory.getLogger(LocalHost.class);
    private static final Duration GRACE = Duration.ofSeconds(3);

    private final Path program;
    private final Path directory;
    private final List<LocalProcess> processes = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean keepLogs = Boolean.getBoolean("tiercel.embedded.keepLogs");

    LocalHost(Path program) {
        this.program = program.toAbsolutePath();
        try {
            this.directory = Files.createTempDirectory("tiercel-" + program.getFileName() + "-");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a temporary directory", e);
        }
        AtExit.register(this);
    }

    @Override
    public ServerProcess prepare(String name, Map<String, String> files, List<String> command) {
        Path home = directory.resolve(name);
        try {
            Files.createDirectory(home);
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(home.resolve(file.getKey()), file.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + home, e);
        }
        List<String> whole = new ArrayList<>();
        whole.add(program.toString());
        whole.addAll(command);
        LocalProcess process = new LocalProcess(whole, home);
        processes.add(process);
        if (closed.get()) {
            process.retire();
        }
        return process;
    }

    @Override
    public String bindAddress() {
        return "127.0.0.1";
    }

    @Override
    public void keepLogs() {
        keepLogs = true;
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        processes.forEach(LocalProcess::retire);
        List<LocalProcess> alive =
                processes.stream().filter(LocalProcess::isAlive).toList();
        for (LocalProcess process : alive) {
            // A stopped process does not see SIGTERM until it goes on.
            process.signal("TERM");
            process.signal("CONT");
        }
        long deadline = System.nanoTime() + GRACE.toNanos();
        for (LocalProcess process : alive) {
            if (!process.awaitExit(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                process.kill();
            }
        }
        if (keepLogs) {
            log.info("Logs are kept in {}", directory);
        } else {
            delete(directory);
        }
        AtExit.unregister(this);
    }

    private static void delete(Path tree) {
        try {
            Files.walkFileTree(tree, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            log.debug("{} was deleted by somebody else", tree);
        } catch (IOException e) {
            // The servers are gone, which is what matters to the caller; the files are small.
            log.warn("Cannot delete {}", tree, e);
        }
    }
}
