package io.tiercel.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports for servers. They are taken below the range that Linux (32768) and macOS (49152) use for outgoing
 * connections, rather than by binding port 0: while a server is down, an outgoing connection could otherwise take its
 * port, and a client that reconnects in a loop can even connect to itself; the server could then not be restarted.
 */
final class Ports {

    private static final int FIRST = 15_000;
    private static final int END = 32_000;

    private Ports() {}

    /** That many different ports, each free a moment ago: whoever uses them must be ready for a clash. */
    static List<Integer> free(int count) {
        Set<Integer> ports = new LinkedHashSet<>();
        for (int attempt = 0; ports.size() < count; attempt++) {
            if (attempt > 10_000) {
                throw new ServerStartException("no " + count + " free ports between " + FIRST + " and " + END);
            }
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
            }
        }
        return List.copyOf(ports);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            // That it cannot be bound is the answer.
            return false;
        }
    }
}
