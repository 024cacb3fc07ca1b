package io.tiercel.examples.demo;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the keys of an open trace one after the other. Not thread-safe. */
abstract sealed class TraceReader implements Closeable {
    /** Longer lines are no keys but a sign that the file is something else. */
    static final int LONGEST_LINE = 512;

    final InputStream in;
    final String name;

    private TraceReader(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    static TraceReader of(InputStream in, String name, TraceFormat format) {
        return switch (format) {
            case INT32 -> new Words(in, name, Integer.BYTES);
            case INT64 -> new Words(in, name, Long.BYTES);
            case LINES -> new Lines(in, name);
        };
    }

    /** The next key, or {@code null} at the end of the trace. */
    @Nullable
    String next() throws TraceException {
        try {
            return read();
        } catch (IOException e) {
            throw Trace.explain(name, e);
        }
    }

    abstract @Nullable String read() throws IOException;

    @Override
    public void close() throws IOException {
        in.close();
    }

    private static final class Words extends TraceReader {
        private final byte[] word;
        private long position;

        private Words(InputStream in, String name, int size) {
            super(in, name);
            this.word = new byte[size];
        }

        @Override
        @Nullable
        String read() throws IOException {
            int length = in.readNBytes(word, 0, word.length);
            if (length == 0) {
                return null;
            }
            if (length < word.length) {
                throw new TraceException("the trace " + name + " is cut off: the key at byte " + position + " has "
                        + length + " bytes, expected " + word.length);
            }
            position += length;
            ByteBuffer bytes = ByteBuffer.wrap(word);
            return word.length == Integer.BYTES ? Integer.toString(bytes.getInt()) : Long.toString(bytes.getLong());
        }
    }

    private static final class Lines extends TraceReader {
        private final ByteBuffer line = ByteBuffer.allocate(LONGEST_LINE);
        private long number;

        private Lines(InputStream in, String name) {
            super(in, name);
        }

        /** Passes over blank lines. */
        @Override
        @Nullable
        String read() throws IOException {
            while (true) {
                int b = in.read();
                if (b != '\n' && b >= 0) {
                    append((byte) b);
                    continue;
                }
                number++;
                String key = key();
                if (!key.isEmpty()) {
                    return key;
                }
                if (b < 0) {
                    return null;
                }
            }
        }

        private void append(byte b) throws TraceException {
            if (!line.hasRemaining()) {
                throw new TraceException("line " + (number + 1) + " of the trace " + name + " is longer than "
                        + LONGEST_LINE + " bytes: expected one key a line");
            }
            line.put(b);
        }

        private String key() throws TraceException {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(line.flip())
                        .toString()
                        .strip();
            } catch (CharacterCodingException e) {
                throw new TraceException("line " + number + " of the trace " + name + " is not UTF-8 text", e);
            } finally {
                line.clear();
            }
        }
    }
}
