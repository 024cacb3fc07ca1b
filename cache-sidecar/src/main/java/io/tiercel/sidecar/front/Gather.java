package io.tiercel.sidecar.front;

import io.tiercel.sidecar.keyspace.ReplySlot;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The reply to one command that is put together from the replies to several. Confined to an event loop. */
final class Gather {
    private final Part[] parts;
    private final Consumer<List<byte[]>> done;
    private final long most;
    private int left;
    private long bytes;

    /** @param done told all replies, in the order of the parts, once */
    Gather(int count, Consumer<List<byte[]>> done) {
        this(count, Long.MAX_VALUE, done);
    }

    /** @param most bytes of all replies; if they are more, each is an error instead */
    Gather(int count, long most, Consumer<List<byte[]>> done) {
        this.most = most;
        this.parts = new Part[count];
        this.left = count;
        this.done = done;
        for (int i = 0; i < count; i++) {
            parts[i] = new Part(this);
        }
        if (count == 0) {
            done.accept(List.of());
        }
    }

    ReplySlot part(int index) {
        return parts[index];
    }

    /** No reply has come in time to some of the parts. */
    void late() {
        for (Part part : parts) {
            part.late();
        }
    }

    private void answered(Part part) {
        left--;
        bytes += part.bytes().length;
        if (bytes > most) {
            // Not kept until the last has come: it may be as much again many times.
            for (Part one : parts) {
                one.refuse();
            }
        }
        if (left == 0) {
            done.accept(Arrays.stream(parts).map(Part::bytes).toList());
        }
    }

    private static final class Part extends ReplySlot {
        private final Gather gather;
        private byte @Nullable [] bytes;

        Part(Gather gather) {
            this.gather = gather;
        }

        @Override
        public void reply(byte[] encoded) {
            if (bytes == null) {
                bytes = encoded;
                gather.answered(this);
            }
        }

        @Override
        public boolean isDone() {
            return bytes != null;
        }

        void refuse() {
            bytes = bytes == null ? null : RedisCommands.TOO_LARGE;
        }

        byte[] bytes() {
            byte[] own = bytes;
            if (own == null) {
                throw new IllegalStateException("not answered yet");
            }
            return own;
        }
    }
}
