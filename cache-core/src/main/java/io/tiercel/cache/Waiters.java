package io.tiercel.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;

/**
 * Readers who wait for what another process loads. They are woken by the change that its fill is, and otherwise look by
 * themselves from time to time, ever less often: the change may not be told, or may have come before they waited.
 * Thread-safe.
 */
final class Waiters {
    private static final long SHORTEST_MILLIS = 2;
    private static final long LONGEST_MILLIS = 64;

    private final Alarm alarm;
    private final ConcurrentHashMap<String, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();

    Waiters(Alarm alarm) {
        this.alarm = alarm;
    }

    /**
     * Ends when the key has changed, or when it is time to look.
     *
     * @param looks how often the reader has looked already
     */
    CompletableFuture<Void> next(String key, int looks) {
        CompletableFuture<Void> changed = waiting.computeIfAbsent(key, k -> new CompletableFuture<>());
        CompletableFuture<Void> either = new CompletableFuture<>();
        var unused = changed.thenRun(() -> either.complete(null));
        long pause = Math.min(LONGEST_MILLIS, SHORTEST_MILLIS << Math.min(looks, 10));
        ScheduledFuture<?> look = alarm.in(pause, () -> {
            waiting.remove(key, changed);
            changed.complete(null);
        });
        if (look == null) {
            either.complete(null); // closing
        }
        var unusedToo = either.thenRun(() -> {
            if (look != null) {
                look.cancel(false);
            }
        });
        return either;
    }

    /** Wakes who waits for the key. */
    void changed(String key) {
        if (waiting.isEmpty()) {
            return;
        }
        CompletableFuture<Void> changed = waiting.remove(key);
        if (changed != null) {
            changed.complete(null);
        }
    }
}
