package io.tiercel.cache;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How long it takes from a write here to being told of it: one write at a time is timed. Thread-safe. */
final class Lag {
    private static final long LONGEST_NANOS = 10_000_000_000L;

    private final Events events;
    private final TimeSource time;
    private final AtomicReference<@Nullable Sent> sent = new AtomicReference<>();

    Lag(Events events, TimeSource time) {
        this.events = events;
        this.time = time;
    }

    private record Sent(String key, long at) {}

    /** A write of the key is about to be sent. */
    void sending(String key) {
        Sent before = sent.get();
        long now = time.nanos();
        if (before == null || now - before.at() > LONGEST_NANOS) {
            sent.compareAndSet(before, new Sent(key, now));
        }
    }

    /** The key was told of. */
    void told(String key) {
        Sent waiting = sent.get();
        if (waiting != null && waiting.key().equals(key) && sent.compareAndSet(waiting, null)) {
            events.changeTold(time.nanos() - waiting.at());
        }
    }
}
