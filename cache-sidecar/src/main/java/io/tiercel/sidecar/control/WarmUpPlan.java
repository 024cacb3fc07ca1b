package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to bring into memory before it is asked for.
 *
 * @param source where keys and values come from
 * @param keys these keys, the hottest first; empty for those that the {@code pattern} or the hot lists name
 * @param pattern keys that match this glob, as SCAN's; null for none. With neither keys nor pattern it takes the lists of
 *     hot keys that sidecars keep in Redis
 * @param pod the list of this one alone; null for those of all
 * @param maxKeys most keys to read; 1 to 1,000,000
 * @param maxBytes most bytes of memory to fill; positive
 * @param timeLimit after this it ends with what it has; 100 ms to 1 hour
 * @param rate keys a second that the fleet may read for warm-ups, of which this is one; 0 for what is configured
 * @param concurrency most reads of many keys under way at once; 0 for what is configured
 */
public record WarmUpPlan(
        Source source,
        List<String> keys,
        @Nullable String pattern,
        @Nullable String pod,
        int maxKeys,
        long maxBytes,
        Duration timeLimit,
        int rate,
        int concurrency) {
    public WarmUpPlan {
        requireNonNull(source, "source");
        keys = List.copyOf(keys);
    }

    /** Where keys and values come from. */
    public enum Source {
        /** Keys from what the plan says, values from Redis. */
        AUTO,
        /** Keys and values from another sidecar's memory, and from Redis what it does not have. */
        PEERS,
        /** Keys from the hot lists, values from Redis. */
        L2,
        /** The keys that the plan names, values from Redis. */
        KEYS
    }

    /** What the fleet reads most, as far as the limits allow. */
    public static WarmUpPlan ofHotLists(int maxKeys, long maxBytes, Duration timeLimit) {
        return new WarmUpPlan(Source.AUTO, List.of(), null, null, maxKeys, maxBytes, timeLimit, 0, 0);
    }

    /** The same from somewhere else. */
    public WarmUpPlan from(Source other) {
        return new WarmUpPlan(other, keys, pattern, pod, maxKeys, maxBytes, timeLimit, rate, concurrency);
    }

    /** What that pod reads most, and this one does not have. */
    public WarmUpPlan ofPod(String name) {
        return new WarmUpPlan(Source.L2, List.of(), null, name, maxKeys, maxBytes, timeLimit, rate, concurrency);
    }
}
