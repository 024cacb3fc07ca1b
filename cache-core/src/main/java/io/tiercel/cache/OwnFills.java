package io.tiercel.cache;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keys that this process has filled within the last second or so. It is told of its own fills like anybody else, cannot
 * tell them from others' writes, and so has to forget what it has just loaded; whoever is told of one of these keys looks
 * once more at once, so that the next reader finds it in L1. Bounded. Thread-safe.
 */
final class OwnFills<K> {
    private static final long HALF_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int MOST = 10_000;

    private final TimeSource time;
    /** Replaced without care: what a race loses costs a reader one look into the first tier. */
    private volatile Halves<K> halves;

    OwnFills(TimeSource time) {
        this.time = time;
        this.halves = Halves.after(new ConcurrentHashMap<>(), time.nanos());
    }

    private record Halves<K>(Map<String, K> recent, Map<String, K> before, long since) {
        static <K> Halves<K> after(Map<String, K> before, long now) {
            return new Halves<>(new ConcurrentHashMap<>(), before, now);
        }
    }

    /** To be called before the fill is sent: what is told may come before its confirmation. */
    void note(String stored, K key) {
        Map<String, K> recent = current().recent();
        if (recent.size() < MOST) {
            recent.put(stored, key);
        }
    }

    /** The key if it was filled here a moment ago. */
    @Nullable
    K recent(String stored) {
        Halves<K> now = current();
        K key = now.recent().isEmpty() ? null : now.recent().get(stored);
        return key != null || now.before().isEmpty() ? key : now.before().get(stored);
    }

    private Halves<K> current() {
        Halves<K> now = halves;
        long nanos = time.nanos();
        long age = nanos - now.since();
        if (age < HALF_NANOS) {
            return now;
        }
        Map<String, K> before = age < 2 * HALF_NANOS ? now.recent() : new ConcurrentHashMap<>();
        Halves<K> next = Halves.after(before, nanos);
        halves = next;
        return next;
    }
}
