package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.resp.Protocol;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A connection to a redis-server that tells a reply's bytes as they came. Text is Latin-1, one character a byte. */
final class RealRedis implements AutoCloseable {
    /** Commands sent before their replies are read: few enough for the buffers between. */
    private static final int PIPELINED = 50;

    private final Socket socket;
    private final InputStream in;

    RealRedis(RedisServer server, Protocol protocol) throws IOException {
        socket = new Socket(server.host(), server.port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        in = new BufferedInputStream(socket.getInputStream());
        if (protocol == Protocol.RESP3) {
            run(List.<byte[][]>of(Commanded.words("HELLO", "3")));
        }
    }

    /** The replies to all commands, in order. */
    List<String> run(List<byte[][]> commands) throws IOException {
        List<String> replies = new ArrayList<>();
        for (int from = 0; from < commands.size(); from += PIPELINED) {
            List<byte[][]> part = commands.subList(from, Math.min(commands.size(), from + PIPELINED));
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            for (byte[][] command : part) {
                sent.writeBytes(("*" + command.length + "\r\n").getBytes(ISO_8859_1));
                for (byte[] word : command) {
                    sent.writeBytes(("$" + word.length + "\r\n").getBytes(ISO_8859_1));
                    sent.writeBytes(word);
                    sent.writeBytes("\r\n".getBytes(ISO_8859_1));
                }
            }
            socket.getOutputStream().write(sent.toByteArray());
            for (int i = 0; i < part.size(); i++) {
                ByteArrayOutputStream reply = new ByteArrayOutputStream();
                read(reply);
                replies.add(reply.toString(ISO_8859_1));
            }
        }
        return replies;
    }

    private void read(ByteArrayOutputStream reply) throws IOException {
        String line = line(reply);
        char type = line.charAt(0);
        switch (type) {
            case '+', '-', ':', '_', ',', '#', '(' -> {}
            case '$', '=' -> {
                int length = Integer.parseInt(line.substring(1));
                if (length >= 0) {
                    reply.writeBytes(in.readNBytes(length + 2));
                }
            }
            case '*', '~', '>', '%' -> {
                int elements = Integer.parseInt(line.substring(1)) * (type == '%' ? 2 : 1);
                for (int i = 0; i < elements; i++) {
                    read(reply);
                }
            }
            default -> throw new AssertionError("no reply: " + line);
        }
    }

    private String line(ByteArrayOutputStream reply) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed");
            }
            line.append((char) b);
        }
        reply.writeBytes((line + "\n").getBytes(ISO_8859_1));
        return line.substring(0, line.length() - 1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
