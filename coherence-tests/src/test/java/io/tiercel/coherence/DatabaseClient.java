package io.tiercel.coherence;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One thread's connection to the {@link Database}. */
final class DatabaseClient implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;

    DatabaseClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        out = socket.getOutputStream();
    }

    int read(int key) throws IOException {
        return ask("READ " + key);
    }

    /** Raises the version and holds the key's lock until {@link #release}. */
    int write(int key) throws IOException {
        return ask("WRITE " + key);
    }

    void release(int key) throws IOException {
        ask("RELEASE " + key);
    }

    /** A slow read; the database notes who asked. */
    int load(int key, long millis, int instance) throws IOException {
        return ask("LOAD " + key + " " + millis + " " + instance);
    }

    private int ask(String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        String answer = in.readLine();
        if (answer == null) {
            throw new EOFException("the database has gone");
        }
        return Integer.parseInt(answer);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
