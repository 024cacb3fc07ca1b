package io.tiercel.sidecar.coherence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection for commands and their replies, which can send many before it reads. Text is Latin-1, one character a byte.
 * A reply is a String, a Long, a List, a {@link Failure} or null. Not thread-safe.
 */
final class RespClient implements AutoCloseable {
    /** An error reply. */
    record Failure(String text) {}

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final List<Object> pushes = new ArrayList<>();

    RespClient(int port) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        out = socket.getOutputStream();
    }

    static RespClient resp3(int port) throws IOException {
        RespClient client = new RespClient(port);
        client.ask("HELLO", "3");
        return client;
    }

    /** What was pushed so far. */
    List<Object> pushes() {
        return List.copyOf(pushes);
    }

    @Nullable
    Object ask(String... words) throws IOException {
        send(encoded(words));
        return read();
    }

    /** The reply, which must be text or nothing. */
    @Nullable
    String text(String... words) throws IOException {
        Object reply = ask(words);
        if (reply != null && !(reply instanceof String)) {
            throw new AssertionError(String.join(" ", words) + ": " + reply);
        }
        return (String) reply;
    }

    @Nullable
    String get(String key) throws IOException {
        return text("GET", key);
    }

    void set(String key, String value) throws IOException {
        String reply = text("SET", key, value);
        if (!"OK".equals(reply)) {
            throw new AssertionError("SET: " + reply);
        }
    }

    /** Of a reply that is an array or a map. */
    List<?> list(String... words) throws IOException {
        Object reply = ask(words);
        if (reply instanceof List<?> list) {
            return list;
        }
        throw new AssertionError(String.join(" ", words) + ": " + reply);
    }

    static byte[] encoded(String... words) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("*" + words.length + "\r\n").getBytes(ISO_8859_1));
        for (String word : words) {
            bytes.writeBytes(("$" + word.length() + "\r\n" + word + "\r\n").getBytes(ISO_8859_1));
        }
        return bytes.toByteArray();
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    void timeoutMillis(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /** The next reply; throws if there is none. */
    @Nullable
    Object read() throws IOException {
        while (true) {
            int type = in.read();
            if (type != '>') {
                return read(type);
            }
            pushes.add(String.valueOf(elements(1)));
        }
    }

    private @Nullable Object read(int type) throws IOException {
        return switch (type) {
            case '+', ',', '(', '#' -> line();
            case '-' -> new Failure(line());
            case ':' -> Long.parseLong(line());
            case '$', '=' -> bulk(Integer.parseInt(line()));
            case '*', '~' -> elements(1);
            case '%' -> elements(2);
            case '_' -> {
                line();
                yield null;
            }
            case -1 -> throw new EOFException("closed by the server");
            default -> throw new IOException("not a reply: " + (char) type);
        };
    }

    private @Nullable Object elements(int factor) throws IOException {
        int count = Integer.parseInt(line()) * factor;
        if (count < 0) {
            return null;
        }
        List<@Nullable Object> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(read(in.read()));
        }
        return elements;
    }

    private @Nullable String bulk(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(length + 2);
        if (bytes.length < length + 2) {
            throw new EOFException("closed by the server");
        }
        return new String(bytes, 0, length, ISO_8859_1);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\r'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("closed by the server");
            }
            line.append((char) next);
        }
        if (in.read() != '\n') {
            throw new IOException("CR without LF");
        }
        return line.toString();
    }

    /** Closes the connection; a second call does nothing. */
    void hangUp() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        hangUp();
    }
}
