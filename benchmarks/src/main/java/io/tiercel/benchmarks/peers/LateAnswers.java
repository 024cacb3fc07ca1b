package io.tiercel.benchmarks.peers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A network in front of a Redis whose answers can be made to wait while news are not: between {@link #hold} and {@link
 * #release} nothing reaches the client but what comes on connections that listen, to a channel of pub/sub or for
 * invalidations. Two threads for each connection.
 */
final class LateAnswers implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 10;

    private final int server;
    private final ServerSocket listener;
    private final List<Socket> sockets = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean held;
    private String awaited = "";
    private boolean seen;

    LateAnswers(int server) throws IOException {
        this.server = server;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    String uri() {
        return "redis://127.0.0.1:" + listener.getLocalPort();
    }

    /** From now on answers wait; {@link #awaitRequest} tells when something with that key was asked. */
    void hold(String key) {
        lock.lock();
        try {
            held = true;
            awaited = key;
            seen = false;
        } finally {
            lock.unlock();
        }
    }

    void awaitRequest() throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!seen) {
                if (left <= 0) {
                    throw new IllegalStateException("nobody asked for " + awaited);
                }
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            held = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        try {
            while (true) {
                Link link = new Link(listener.accept(), new Socket(InetAddress.getLoopbackAddress(), server));
                daemon(link::requests);
                daemon(link::answers);
            }
        } catch (IOException e) {
            // close() ends it.
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "late-answers");
        thread.setDaemon(true);
        thread.start();
    }

    private void asked(String request) {
        lock.lock();
        try {
            if (held && request.contains(awaited)) {
                seen = true;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitRelease() {
        lock.lock();
        try {
            while (held) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private final class Link {
        private final Socket client;
        private final Socket server;
        private volatile boolean listens;

        Link(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            lock.lock();
            try {
                sockets.add(client);
                sockets.add(server);
            } finally {
                lock.unlock();
            }
        }

        void requests() {
            copy(client, server, true);
        }

        void answers() {
            copy(server, client, false);
        }

        private void copy(Socket from, Socket to, boolean requests) {
            byte[] buffer = new byte[64 * 1024];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    String text = requests ? new String(buffer, 0, n, ISO_8859_1) : "";
                    listens |= text.contains("SUBSCRIBE") || text.contains("TRACKING");
                    if (!requests && !listens) {
                        awaitRelease();
                    }
                    out.write(buffer, 0, n);
                    out.flush();
                    if (requests) {
                        asked(text);
                    }
                }
            } catch (IOException e) {
                // One end is gone, and try closes the other.
            }
        }
    }

    @Override
    public void close() throws IOException {
        release();
        listener.close();
        lock.lock();
        try {
            for (Socket socket : sockets) {
                socket.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
