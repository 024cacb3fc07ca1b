package io.tiercel.embedded;

import java.util.List;
import java.util.Map;

/** Where server processes run: this machine, or one container. It owns their files, and ends them all when closed. */
sealed interface Host extends AutoCloseable permits LocalHost, ContainerHost {

    /**
     * Makes a directory of that name with these files (name to content), and a process in it that is not started yet.
     *
     * @param command the arguments; the program is the host's own
     */
    ServerProcess prepare(String name, Map<String, String> files, List<String> command);

    /** The address that a server listens on, so that 127.0.0.1 reaches it from outside. */
    String bindAddress();

    /** Keeps the logs when this host is closed, and says where: for a start that failed. */
    void keepLogs();

    /** Ends every process (SIGTERM, after 3 s SIGKILL) and deletes the files. Idempotent. */
    @Override
    void close();
}
