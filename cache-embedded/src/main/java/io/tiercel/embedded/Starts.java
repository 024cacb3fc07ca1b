package io.tiercel.embedded;

import java.util.List;
import java.util.Locale;

/** Starting on ports that were free a moment ago: when another process was faster, once more on others. */
final class Starts {

    private static final int ATTEMPTS = 5;

    private Starts() {}

    /** Starts servers on an open host; what it throws closes the host. */
    @FunctionalInterface
    interface Start<T> {
        T on(Host host, List<Integer> ports);
    }

    /**
     * Opens a host and starts servers there.
     *
     * @param reachable how many of the ports, counted from the first, clients must be able to reach
     */
    static <T> T onFreePorts(Where.Startable where, int count, int reachable, Start<T> start) {
        for (int attempt = 1; ; attempt++) {
            List<Integer> ports = Ports.free(count);
            try {
                return attempt(where, ports, reachable, start);
            } catch (PortClash e) {
                if (attempt == ATTEMPTS) {
                    throw e.failure;
                }
            }
        }
    }

    private static <T> T attempt(Where.Startable where, List<Integer> ports, int reachable, Start<T> start)
            throws PortClash {
        Host host = null;
        try {
            host = where.open(ports.subList(0, reachable));
            return start.on(host, ports);
        } catch (RuntimeException e) {
            boolean clash = isClash(e);
            if (host != null) {
                if (!clash) {
                    host.keepLogs();
                }
                host.close();
            }
            if (clash) {
                throw new PortClash(e);
            }
            throw e;
        }
    }

    private static boolean isClash(RuntimeException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("address already in use") || message.contains("port is already allocated");
    }

    /** A start that is worth another attempt. */
    private static final class PortClash extends Exception {
        private static final long serialVersionUID = 1L;

        final RuntimeException failure;

        PortClash(RuntimeException failure) {
            super(failure);
            this.failure = failure;
        }
    }
}
