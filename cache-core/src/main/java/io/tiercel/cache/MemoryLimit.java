package io.tiercel.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much memory this process may use: the smaller of what the JVM and the container allow. */
final class MemoryLimit {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    /** Of control groups of version 2 and 1; a container sees its own there. */
    private static final List<Path> CONTAINER =
            List.of(Path.of("/sys/fs/cgroup/memory.max"), Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

    private MemoryLimit() {}

    /** In bytes. */
    static long bytes() {
        return Math.min(Runtime.getRuntime().maxMemory(), container(CONTAINER));
    }

    /** What the first of these files that exists says; the largest number if none limits anything. */
    static long container(List<Path> files) {
        for (Path file : files) {
            if (Files.isReadable(file)) {
                try {
                    String limit = Files.readString(file).strip();
                    return limit.equals("max") ? Long.MAX_VALUE : Long.parseLong(limit);
                } catch (IOException | NumberFormatException e) {
                    LOG.debug("{} tells no limit of memory", file, e);
                }
            }
        }
        return Long.MAX_VALUE;
    }
}
