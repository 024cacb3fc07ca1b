package io.tiercel.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Waiting until servers are ready, or until it is clear that they will not be. */
final class Readiness {

    private static final long STEP_MILLIS = 20;

    private Readiness() {}

    /** Looks once at one or more servers. */
    @FunctionalInterface
    interface Probe {

        /**
         * What is still missing, or null when ready.
         *
         * @throws IOException when it does not answer; that is not ready either
         */
        @Nullable
        String missing() throws IOException;
    }

    /**
     * Returns when the probe finds nothing missing.
     *
     * @param started the processes that must stay alive meanwhile
     * @throws ServerStartException after the timeout, or as soon as one of the processes has ended
     */
    static void await(String what, Probe probe, Duration timeout, List<Lifecycle.Owned> started) {
        long deadline = System.nanoTime() + timeout.toNanos();
        String missing;
        do {
            missing = look(probe);
            if (missing == null) {
                return;
            }
            for (Lifecycle.Owned server : started) {
                if (!server.process().isAlive()) {
                    throw new ServerStartException(server.name() + " ended while it was starting" + log(server));
                }
            }
            pause(what);
        } while (System.nanoTime() - deadline < 0);
        throw new ServerStartException(what + " was not ready after " + timeout + ": " + missing
                + (started.isEmpty() ? "" : log(started.get(0))));
    }

    private static @Nullable String look(Probe probe) {
        try {
            return probe.missing();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String log(Lifecycle.Owned server) {
        return "; log kept in " + server.process().logPlace() + ", which ends with:\n"
                + server.process().logTail();
    }

    private static void pause(String what) {
        try {
            Thread.sleep(STEP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerStartException("interrupted while waiting for " + what, e);
        }
    }
}
