package io.tiercel.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keys whose loader failed a moment ago, so that it is not called for each of the many who ask: a source that is in
 * trouble answers sooner when it is asked less. Bounded: of more keys than that the others are asked for again. Thread-safe.
 */
final class Backoffs {
    private static final int MOST = 10_000;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_DOUBLINGS = 20;

    /** So many may be chance, and who asks again at once may well succeed. */
    private static final int FREE = 2;

    private final Cache<String, Failure> failures;
    private final Live<CachePolicy> policy;
    private final TimeSource time;

    Backoffs(Live<CachePolicy> policy, TimeSource time) {
        this.policy = policy;
        this.time = time;
        this.failures =
                Caffeine.newBuilder().maximumSize(MOST).executor(Runnable::run).build();
    }

    /**
     * How the last load ended.
     *
     * @param inARow how many failed since one did not, at least 1
     * @param until monotonic nanoseconds
     */
    record Failure(Throwable cause, int inARow, long until) {}

    /** The failure of the last load if the loader is not to be called now. */
    @Nullable
    Failure current(String stored) {
        Failure last = failures.getIfPresent(stored);
        return last != null && time.nanos() - last.until() < 0 ? last : null;
    }

    void failed(String stored, Throwable cause) {
        long first = policy.get().errorBackoff().toNanos();
        if (first == 0) {
            return;
        }
        long now = time.nanos();
        var unused = failures.asMap().compute(stored, (key, last) -> {
            // Long after the last failure it is the first one again.
            boolean again = last != null && now - last.until() < LONGEST_NANOS + first;
            int inARow = again ? last.inARow() + 1 : 1;
            long longest = Math.max(first, LONGEST_NANOS);
            long pause = inARow <= FREE ? 0 : Math.min(longest, first << Math.min(inARow - FREE - 1, MOST_DOUBLINGS));
            return new Failure(cause, inARow, now + pause);
        });
    }

    /** The key was loaded, written or invalidated. */
    void forget(String stored) {
        failures.invalidate(stored);
    }

    void forgetAll() {
        failures.invalidateAll();
    }
}
