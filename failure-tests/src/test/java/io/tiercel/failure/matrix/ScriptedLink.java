package io.tiercel.failure.matrix;

import io.tiercel.failure.matrix.ScriptedRedis.Answer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One connection to a {@link ScriptedRedis}. Commands are pipelined, so an answer of the script waits until the node has
 * answered all commands of before; pushes go through at once.
 */
final class ScriptedLink {
    private static final int LONGEST_LINE = 1 << 16;

    private final ScriptedRedis redis;
    private final Socket client;
    private final Socket server;
    private final ReentrantLock lock = new ReentrantLock();
    /** What the script says to each command that is not answered yet; empty where the node will answer. */
    private final ArrayDeque<Optional<Answer>> expected = new ArrayDeque<>();

    private boolean silent;
    private volatile boolean feed;

    private ScriptedLink(ScriptedRedis redis, Socket client, Socket server) {
        this.redis = redis;
        this.client = client;
        this.server = server;
    }

    static ScriptedLink open(ScriptedRedis redis, Socket client, Socket server) throws IOException {
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        ScriptedLink link = new ScriptedLink(redis, client, server);
        link.run("commands", link::readCommands);
        link.run("answers", link::readAnswers);
        return link;
    }

    private interface Reading {
        void run() throws IOException;
    }

    private void run(String what, Reading reading) {
        Thread thread = new Thread(
                () -> {
                    try {
                        reading.run();
                    } catch (IOException e) {
                        // One of the two ends is gone; so shall be the other.
                    } finally {
                        close();
                    }
                },
                "scripted-redis-" + what);
        thread.setDaemon(true);
        thread.start();
    }

    private void readCommands() throws IOException {
        Tape in = new Tape(client.getInputStream());
        while (true) {
            List<String> command = in.command();
            byte[] bytes = in.take();
            if (command.size() > 1
                    && command.get(0).equalsIgnoreCase("CLIENT")
                    && command.get(1).equalsIgnoreCase("TRACKING")) {
                feed = true;
            }
            Answer answer = redis.answer(command, feed);
            lock.lock();
            try {
                expected.add(Optional.ofNullable(answer));
                if (answer == null) {
                    server.getOutputStream().write(bytes);
                } else {
                    say();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void readAnswers() throws IOException {
        Tape in = new Tape(server.getInputStream());
        while (true) {
            boolean push = in.value() == '>';
            byte[] bytes = in.take();
            lock.lock();
            try {
                if (!push) {
                    expected.remove();
                }
                write(bytes);
                say();
            } finally {
                lock.unlock();
            }
        }
    }

    /** What the script says and whose turn it is. */
    private void say() throws IOException {
        for (Optional<Answer> next = expected.peek(); next != null && next.isPresent(); next = expected.peek()) {
            expected.remove();
            write(next.get().bytes());
            silent |= next.get().last();
        }
    }

    private void write(byte[] bytes) throws IOException {
        if (!silent) {
            OutputStream out = client.getOutputStream();
            out.write(bytes);
        }
    }

    void close() {
        try (client;
                server) {
            redis.ended(this);
        } catch (IOException e) {
            // It is closed all the same.
        }
    }

    /** Reads RESP and keeps the bytes. */
    private static final class Tape {
        private final InputStream in;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Tape(InputStream in) {
            this.in = new BufferedInputStream(in);
        }

        byte[] take() {
            byte[] taken = bytes.toByteArray();
            bytes.reset();
            return taken;
        }

        List<String> command() throws IOException {
            int count = length(line());
            List<String> words = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String word = bulk(length(line()));
                words.add(i == 0 ? word.toUpperCase(Locale.ROOT) : word);
            }
            return words;
        }

        /** Returns the type of what was read. */
        int value() throws IOException {
            String line = line();
            char type = line.charAt(0);
            switch (type) {
                case '$', '=', '!' -> {
                    int length = length(line);
                    if (length >= 0) {
                        var unused = bulk(length);
                    }
                }
                case '*', '~', '>' -> values(length(line));
                case '%' -> values(2 * length(line));
                case '|' -> {
                    values(2 * length(line));
                    return value();
                }
                default -> {} // all in one line
            }
            return type;
        }

        private void values(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                var unused = value();
            }
        }

        private static int length(String line) {
            return Integer.parseInt(line.substring(1));
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = read(); b != '\r'; b = read()) {
                line.append((char) b);
                if (line.length() > LONGEST_LINE) {
                    throw new IOException("no line");
                }
            }
            var unused = read();
            return line.toString();
        }

        private String bulk(int length) throws IOException {
            byte[] content = in.readNBytes(length);
            bytes.write(content);
            var unused = read();
            unused = read();
            return new String(content, StandardCharsets.ISO_8859_1);
        }

        private int read() throws IOException {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            bytes.write(b);
            return b;
        }
    }
}
