package io.tiercel.coherence;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The source of the data, for instances in any JVM: a version for each key, over lines of text.
 *
 * <ul>
 *   <li>{@code READ key}: the version.
 *   <li>{@code WRITE key}: takes the key's lock, raises the version, which is to be read from then on, and answers it.
 *   <li>{@code RELEASE key}: gives the lock back, after the writer has told its cache. A connection that ends gives back
 *       what it holds.
 *   <li>{@code LOAD key millis instance}: notes who loads, and answers the version so much later.
 * </ul>
 *
 * <p>Two writers of a key thus change the cache in the order in which they changed the database; no cache could tell
 * them apart otherwise. A connection is a thread here.
 */
final class Database implements AutoCloseable {
    private final ServerSocket listener;
    private final List<Versions> rows = new ArrayList<>();
    private final List<Integer> loaders = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** When each version of a key was to be read first; the first is from the beginning. */
    private static final class Versions {
        final ReentrantLock lock = new ReentrantLock();
        private long[] since = new long[64];
        private int newest = 1;

        Versions() {
            since[1] = System.nanoTime();
        }

        synchronized int newest() {
            return newest;
        }

        synchronized int raise() {
            newest++;
            if (newest == since.length) {
                since = java.util.Arrays.copyOf(since, 2 * newest);
            }
            since[newest] = System.nanoTime();
            return newest;
        }

        synchronized long[] since() {
            return java.util.Arrays.copyOf(since, newest + 1);
        }
    }

    Database(int keys) throws IOException {
        for (int i = 0; i < keys; i++) {
            rows.add(new Versions());
        }
        listener = new ServerSocket(0, 1_024, InetAddress.getLoopbackAddress());
        daemon(this::accept, "database");
    }

    int port() {
        return listener.getLocalPort();
    }

    int keys() {
        return rows.size();
    }

    int newest(int key) {
        return rows.get(key).newest();
    }

    /** {@code System.nanoTime()} of each version of a key, from index 1 on. */
    long[] since(int key) {
        return rows.get(key).since();
    }

    /** The instances that began a {@code LOAD}, in that order. */
    List<Integer> loaders() {
        return List.copyOf(loaders);
    }

    private void accept() {
        while (!closed) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                daemon(() -> serve(socket), "database-" + socket.getPort());
            } catch (IOException e) {
                if (!closed) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(Socket socket) {
        Set<Versions> held = new HashSet<>();
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                PrintWriter out = new PrintWriter(socket.getOutputStream(), false, StandardCharsets.US_ASCII)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.print(answer(line.split(" ", -1), held) + "\n");
                out.flush();
            }
        } catch (IOException e) {
            // Its instance was killed: what it held is given back below.
        } finally {
            held.forEach(versions -> versions.lock.unlock());
        }
    }

    private int answer(String[] words, Set<Versions> held) {
        Versions versions = rows.get(Integer.parseInt(words[1]));
        return switch (words[0]) {
            case "READ" -> versions.newest();
            case "WRITE" -> {
                versions.lock.lock();
                held.add(versions);
                yield versions.raise();
            }
            case "RELEASE" -> {
                if (held.remove(versions)) {
                    versions.lock.unlock();
                }
                yield 0;
            }
            case "LOAD" -> {
                loaders.add(Integer.parseInt(words[3]));
                LockSupport.parkNanos(Long.parseLong(words[2]) * 1_000_000);
                yield versions.newest();
            }
            default -> throw new IllegalArgumentException("no such command: " + words[0]);
        };
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
    }
}
