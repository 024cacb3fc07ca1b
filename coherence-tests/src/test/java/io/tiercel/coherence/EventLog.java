package io.tiercel.coherence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The events of one instance, in a file: each thread gathers its own and appends them in blocks. */
final class EventLog implements AutoCloseable {
    private static final int BLOCK = 1_000 * Event.BYTES;

    private final FileChannel file;

    EventLog(Path path) throws IOException {
        file = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    static List<Event> read(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
        List<Event> events = new ArrayList<>(bytes.remaining() / Event.BYTES);
        while (bytes.remaining() >= Event.BYTES) {
            events.add(Event.read(bytes));
        }
        return events;
    }

    Recorder recorder() {
        return new Recorder();
    }

    private synchronized void append(ByteBuffer block) {
        try {
            while (block.hasRemaining()) {
                file.write(block);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Of one thread. */
    final class Recorder implements AutoCloseable {
        private final ByteBuffer block = ByteBuffer.allocate(BLOCK);

        void add(Event event) {
            if (block.remaining() < Event.BYTES) {
                close();
            }
            event.write(block);
        }

        /** Appends what was gathered; may go on. */
        @Override
        public void close() {
            block.flip();
            append(block);
            block.clear();
        }
    }
}
