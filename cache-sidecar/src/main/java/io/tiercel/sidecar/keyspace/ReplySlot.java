package io.tiercel.sidecar.keyspace;

import org.jspecify.annotations.Nullable;

/**
 * Where the reply to one command goes. The first reply counts; what comes after it is dropped. Confined to the event loop
 * of the connection that it belongs to.
 */
public abstract class ReplySlot {
    private @Nullable Runnable late;

    /** The whole reply, as bytes of the protocol. */
    public abstract void reply(byte[] encoded);

    /** Whether it has its reply. */
    public abstract boolean isDone();

    /** What to do when no reply has come in time: it must lead to one. */
    public final void whenLate(Runnable late) {
        this.late = late;
    }

    /** No reply has come in time. */
    public final void late() {
        Runnable then = late;
        late = null;
        if (!isDone()) {
            if (then != null) {
                then.run();
            } else {
                reply(Errors.TIMEOUT);
            }
        }
    }
}
