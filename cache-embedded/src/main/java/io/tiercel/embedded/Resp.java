package io.tiercel.embedded;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Just enough of a Redis client to ask a server how it is: one blocking connection, RESP2, small replies. It is here so
 * that this module needs no client library, whose version the user's own may contradict. Not thread-safe.
 */
final class Resp implements Closeable {

    private static final int MAX_BYTES = 16 << 20;
    private static final int MAX_ELEMENTS = 1 << 16;
    private static final int MAX_DEPTH = 8;

    /** An error reply: the connection is still good. */
    static final class ErrorReply extends IOException {
        private static final long serialVersionUID = 1L;

        ErrorReply(String message) {
            super(message);
        }
    }

    private final Socket socket;
    private final InputStream in;

    private Resp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    static Resp connect(Address address, @Nullable String password, Duration timeout) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) timeout.toMillis());
            socket.connect(address.toSocketAddress(), (int) timeout.toMillis());
            Resp resp = new Resp(socket);
            if (password != null) {
                resp.text("AUTH", password);
            }
            return resp;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends a command and returns its reply: a String, a Long, a List of replies, or null. */
    @Nullable
    Object call(String... command) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(("*" + command.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String word : command) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(bytes);
            out.writeBytes(new byte[] {'\r', '\n'});
        }
        socket.getOutputStream().write(out.toByteArray());
        return read(in, 0);
    }

    /** As {@link #call}, for a command that answers with text. */
    String text(String... command) throws IOException {
        if (call(command) instanceof String text) {
            return text;
        }
        throw new IOException(command[0] + " did not answer with text");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static @Nullable Object read(InputStream in, int depth) throws IOException {
        String line = line(in);
        if (line.isEmpty()) {
            throw new IOException("empty reply line");
        }
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case '-' -> throw new ErrorReply(rest);
            case ':' -> number(rest);
            case '$' -> bulk(in, number(rest));
            case '*' -> array(in, number(rest), depth);
            default -> throw new IOException("not a RESP2 reply: '" + line + "'");
        };
    }

    private static @Nullable String bulk(InputStream in, long length) throws IOException {
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("bulk length out of bounds: " + length);
        }
        byte[] bytes = in.readNBytes((int) length + 2);
        if (bytes.length < length + 2) {
            throw new EOFException("connection closed inside a bulk");
        }
        return new String(bytes, 0, (int) length, StandardCharsets.UTF_8);
    }

    private static @Nullable List<@Nullable Object> array(InputStream in, long size, int depth) throws IOException {
        if (size == -1) {
            return null;
        }
        if (size < 0 || size > MAX_ELEMENTS || depth >= MAX_DEPTH) {
            throw new IOException("array out of bounds: " + size + " elements at depth " + depth);
        }
        List<@Nullable Object> elements = new ArrayList<>();
        for (long i = 0; i < size; i++) {
            elements.add(read(in, depth + 1));
        }
        return elements;
    }

    private static long number(String text) throws IOException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("not a number: '" + text + "'", e);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed");
            }
            if (line.length() >= 65_536) {
                throw new IOException("reply line too long");
            }
            line.append((char) c);
        }
        if (in.read() != '\n') {
            throw new IOException("a line must end with CRLF");
        }
        return line.toString();
    }
}
