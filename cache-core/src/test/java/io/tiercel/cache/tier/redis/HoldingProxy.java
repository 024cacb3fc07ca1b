package io.tiercel.cache.tier.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A link to a server that may keep what the server says, piece by piece, while both sides believe it is well. */
final class HoldingProxy implements AutoCloseable {
    private final int target;
    private final ServerSocket accepting;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Queue<Piece> held = new ArrayDeque<>();
    private boolean holding;

    HoldingProxy(int target) throws IOException {
        this.target = target;
        accepting = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return accepting.getLocalPort();
    }

    synchronized void hold() {
        holding = true;
    }

    synchronized int held() {
        return held.size();
    }

    synchronized void handOverOne() throws IOException {
        held.remove().deliver();
    }

    synchronized void handOverAll() throws IOException {
        holding = false;
        while (!held.isEmpty()) {
            held.remove().deliver();
        }
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = accepting.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            for (Socket socket : List.of(client, server)) {
                socket.setTcpNoDelay(true);
                sockets.add(socket);
            }
            start(() -> copy(client, server, false));
            start(() -> copy(server, client, true));
        }
    }

    private void copy(Socket from, Socket to, boolean mayHold) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                pass(new Piece(out, Arrays.copyOf(buffer, length)), mayHold);
            }
        }
    }

    private void pass(Piece piece, boolean mayHold) throws IOException {
        synchronized (this) {
            if (mayHold && holding) {
                held.add(piece);
                return;
            }
        }
        piece.deliver();
    }

    private static void start(Copying copying) {
        Thread thread = new Thread(
                () -> {
                    try {
                        copying.run();
                    } catch (IOException e) {
                        // closed by one of the two
                    }
                },
                "holding-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        accepting.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @FunctionalInterface
    private interface Copying {
        void run() throws IOException;
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Piece(OutputStream to, byte[] bytes) {
        void deliver() throws IOException {
            try {
                to.write(bytes);
            } catch (IOException e) {
                // the client has given up the connection meanwhile
            }
        }
    }
}
