package io.tiercel.embedded;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one shutdown hook: closes every open {@link Host} when the JVM ends, by itself or by SIGTERM or SIGINT. A host
 * registers before it starts its first process, so that there is no moment in which one could be forgotten.
 */
final class AtExit {

    private static final Logger log = LoggerFactory.getLogger(AtExit.class);
    private static final ReentrantLock lock = new ReentrantLock();
    private static final Set<Host> open = new LinkedHashSet<>();
    private static boolean hooked;
    private static boolean ending;

    private AtExit() {}

    static void register(Host host) {
        lock.lock();
        try {
            if (ending) {
                throw new IllegalStateException("the JVM is shutting down: no server is started any more");
            }
            if (!hooked) {
                Runtime.getRuntime().addShutdownHook(new Thread(AtExit::closeAll, "tiercel-embedded-shutdown"));
                hooked = true;
            }
            open.add(host);
        } finally {
            lock.unlock();
        }
    }

    static void unregister(Host host) {
        lock.lock();
        try {
            open.remove(host);
        } finally {
            lock.unlock();
        }
    }

    private static void closeAll() {
        List<Host> hosts;
        lock.lock();
        try {
            ending = true;
            hosts = new ArrayList<>(open);
        } finally {
            lock.unlock();
        }
        for (Host host : hosts) {
            try {
                host.close();
            } catch (RuntimeException e) {
                // The others must still be closed, and nobody is left to throw to.
                log.warn("A server could not be closed at shutdown", e);
            }
        }
    }
}
