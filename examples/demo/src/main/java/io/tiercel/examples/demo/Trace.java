package io.tiercel.examples.demo;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * A recorded sequence of keys: a file, or the one that comes with the demo. What packs it (xz, gzip, nothing) is told by
 * its first bytes and not by its name. It is read as a stream, so its length doesn't matter.
 */
final class Trace {
    private static final String BUNDLED = "/traces/orm-busy.trace.xz";
    private static final byte[] XZ = {(byte) 0xFD, '7', 'z', 'X', 'Z', 0};
    private static final byte[] GZIP = {0x1F, (byte) 0x8B};
    /** A stream may ask for any dictionary up to 4 GiB; 9e, the largest usual one, needs 65 MiB. */
    private static final int XZ_MEMORY_KIB = 128 << 10;

    private final String name;
    private final @Nullable Path file;
    private final @Nullable TraceFormat format;

    private Trace(String name, @Nullable Path file, @Nullable TraceFormat format) {
        this.name = name;
        this.file = file;
        this.format = format;
    }

    /** 5,000,000 database-object accesses of an e-commerce site on a busy day. */
    static Trace bundled() {
        return new Trace("orm-busy", null, TraceFormat.INT32);
    }

    /**
     * A trace in a file.
     *
     * @param format {@code null} to guess it, see {@link TraceFormat#guess}
     */
    static Trace of(Path file, @Nullable TraceFormat format) {
        Path last = file.getFileName();
        return new Trace(last == null ? file.toString() : last.toString(), file, format);
    }

    String name() {
        return name;
    }

    /** Opens the trace at its first key. */
    TraceReader open() throws TraceException {
        InputStream raw = null;
        try {
            raw = stream();
            BufferedInputStream keys = new BufferedInputStream(unpack(new BufferedInputStream(raw)), 1 << 16);
            byte[] sample = new byte[TraceFormat.SAMPLE];
            keys.mark(sample.length);
            int length = keys.readNBytes(sample, 0, sample.length);
            keys.reset();
            if (length == 0) {
                throw new TraceException("the trace " + name + " is empty: expected at least one key");
            }
            return TraceReader.of(keys, name, format == null ? TraceFormat.guess(sample, length) : format);
        } catch (IOException e) {
            close(raw, e);
            throw explain(name, e);
        }
    }

    private InputStream stream() throws IOException {
        if (file != null) {
            return Files.newInputStream(file);
        }
        InputStream stream = Trace.class.getResourceAsStream(BUNDLED);
        if (stream == null) {
            throw new TraceException("this build lacks the trace " + BUNDLED);
        }
        return stream;
    }

    private static InputStream unpack(BufferedInputStream in) throws IOException {
        in.mark(XZ.length);
        byte[] head = in.readNBytes(XZ.length);
        in.reset();
        if (startsWith(head, XZ)) {
            return new XZInputStream(in, XZ_MEMORY_KIB);
        }
        return startsWith(head, GZIP) ? new GZIPInputStream(in, 1 << 16) : in;
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length
                && java.util.Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Every failure to read, in one form of words. */
    static TraceException explain(String name, IOException e) {
        if (e instanceof TraceException known) {
            return known;
        }
        if (e instanceof EOFException) {
            return new TraceException("the trace " + name + " is cut off: its packed data ends too early", e);
        }
        if (e instanceof java.nio.file.NoSuchFileException) {
            return new TraceException("there is no trace " + e.getMessage(), e);
        }
        return new TraceException("the trace " + name + " cannot be read: " + e, e);
    }

    private static void close(@Nullable InputStream raw, IOException because) {
        if (raw == null) {
            return;
        }
        try {
            raw.close();
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }
}
