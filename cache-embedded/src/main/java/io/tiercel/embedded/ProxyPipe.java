package io.tiercel.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One direction of a {@link ProxyLink}: what was read, and when, until it is forwarded. */
final class ProxyPipe {

    private static final int CAPACITY = 256 << 10;
    private static final int CHUNK = 16 << 10;

    private record Chunk(ByteBuffer bytes, long readAt) {}

    private final SocketChannel from;
    private final SocketChannel to;
    private final ArrayDeque<Chunk> held = new ArrayDeque<>();
    private int heldBytes;
    private boolean blocked;
    private boolean ended;
    private boolean endForwarded;

    ProxyPipe(SocketChannel from, SocketChannel to) {
        this.from = from;
        this.to = to;
    }

    void read(@Nullable Introduction introduction) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK);
        int count = from.read(bytes);
        if (count < 0) {
            ended = true;
            return;
        }
        bytes.flip();
        if (introduction != null) {
            introduction.hear(bytes.duplicate());
        }
        held.add(new Chunk(bytes, System.nanoTime()));
        heldBytes += count;
    }

    /** Writes what was read at least {@code delay} ago, and returns in how many nanoseconds the rest is due. */
    long forward(long now, long delay) throws IOException {
        blocked = false;
        for (Chunk chunk = held.peek(); chunk != null; chunk = held.peek()) {
            long due = chunk.readAt() + delay - now;
            if (due > 0 && delay > 0) {
                return due;
            }
            heldBytes -= to.write(chunk.bytes());
            if (chunk.bytes().hasRemaining()) {
                blocked = true;
                return Long.MAX_VALUE;
            }
            held.remove();
        }
        if (ended && !endForwarded) {
            to.shutdownOutput();
            endForwarded = true;
        }
        return Long.MAX_VALUE;
    }

    boolean hasRoom() {
        return !ended && heldBytes < CAPACITY;
    }

    boolean isBlocked() {
        return blocked;
    }

    boolean isOver() {
        return endForwarded;
    }
}
