package io.tiercel.cache;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The right to call a loader once; given back by closing it, as often as one likes. Thread-safe. */
final class Permit implements AutoCloseable {
    /** A renewal that nobody waits for. */
    final boolean background;

    private final Consumer<Permit> back;
    private final AtomicBoolean given = new AtomicBoolean();

    Permit(boolean background, Consumer<Permit> back) {
        this.background = background;
        this.back = back;
    }

    @Override
    public void close() {
        if (given.compareAndSet(false, true)) {
            back.accept(this);
        }
    }
}
