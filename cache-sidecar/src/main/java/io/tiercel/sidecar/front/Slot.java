package io.tiercel.sidecar.front;

import io.tiercel.sidecar.keyspace.ReplySlot;
import org.jspecify.annotations.Nullable;

/** A place in the order of a connection's replies. Confined to the connection's event loop. */
final class Slot extends ReplySlot {
    private static final byte[] NONE = {};

    private final ClientConnection connection;
    private final long since;
    private final long deadline;
    private final boolean silent;
    private byte @Nullable [] bytes;

    /** @param silent whether the client does not want the reply */
    Slot(ClientConnection connection, long since, long deadline, boolean silent) {
        this.connection = connection;
        this.since = since;
        this.deadline = deadline;
        this.silent = silent;
    }

    @Override
    public void reply(byte[] encoded) {
        if (bytes == null) {
            bytes = silent ? NONE : encoded;
            connection.answered(this);
        }
    }

    @Override
    public boolean isDone() {
        return bytes != null;
    }

    byte @Nullable [] bytes() {
        return bytes;
    }

    long since() {
        return since;
    }

    boolean isLate(long now) {
        return bytes == null && deadline != Long.MAX_VALUE && now - deadline >= 0;
    }
}
