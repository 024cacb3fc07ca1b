package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** A client that sends what it is told to, right or wrong, and shows replies as they came. One character is one byte. */
final class RawClient implements Closeable {
    private static final int PATIENCE_MS = 20_000;

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        this.in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
    }

    static RawClient to(int port) throws IOException {
        return new RawClient(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** One whose machine has little room for replies that are not read. */
    static RawClient slowTo(int port) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MS);
        return new RawClient(socket);
    }

    static RawClient over(Socket socket) throws IOException {
        return new RawClient(socket);
    }

    /** A command as an array of bulk strings. */
    static String encoded(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    RawClient send(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        return this;
    }

    /** Sends a command and reads its reply. */
    String ask(String... words) throws IOException {
        return send(encoded(words)).reply();
    }

    /** The next reply, from its first byte to its last. */
    String reply() throws IOException {
        StringBuilder text = new StringBuilder();
        for (long missing = 1; missing > 0; missing--) {
            String line = line();
            text.append(line);
            char type = line.charAt(0);
            switch (type) {
                case '$', '=' -> text.append(bulk(number(line)));
                case '*', '~', '>' -> missing += Math.max(0, number(line));
                case '%' -> missing += 2 * number(line);
                default -> {}
            }
        }
        return text.toString();
    }

    private String bulk(long length) throws IOException {
        if (length < 0) {
            return "";
        }
        byte[] bytes = in.readNBytes((int) length + 2);
        if (bytes.length < length + 2) {
            throw new EOFException("in the middle of a bulk string");
        }
        return new String(bytes, ISO_8859_1);
    }

    private static long number(String line) {
        return Long.parseLong(line.substring(1, line.length() - 2));
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException(line.isEmpty() ? "no reply" : "in the middle of " + line);
            }
            line.append((char) b);
        }
        return line.append('\n').toString();
    }

    /** All that comes before the other side closes. */
    String rest() throws IOException {
        StringBuilder text = new StringBuilder();
        try {
            for (int b = in.read(); b >= 0; b = in.read()) {
                text.append((char) b);
            }
        } catch (SocketException e) {
            // A connection that is closed although something was not read from it is reset.
            return text.toString();
        }
        return text.toString();
    }

    /** Whether the other side has closed; waits for it for so long. */
    boolean isCutOffWithin(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            int b = in.read();
            if (b >= 0) {
                throw new IOException("not closed but answered: " + (char) b);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        } finally {
            if (!socket.isClosed()) {
                socket.setSoTimeout(PATIENCE_MS);
            }
        }
    }

    /** Whether the other side has closed, with or without a last line. */
    boolean isGoneOrAnswered() throws IOException {
        socket.setSoTimeout(20);
        try {
            boolean unused = in.read() >= 0;
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** Vanishes: the other side gets a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
