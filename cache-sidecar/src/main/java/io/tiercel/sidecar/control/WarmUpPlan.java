package io.tiercel.sidecar.control;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to bring into memory before it is asked for.
 *
 * @param keys these keys, the hottest first; empty for those that the {@code pattern} or the hot lists name
 * @param pattern keys that match this glob, as SCAN's; null for none. With neither keys nor pattern it takes the lists of
 *     hot keys that sidecars keep in Redis
 * @param maxKeys most keys to read; 1 to 1,000,000
 * @param maxBytes most bytes of values to bring; positive
 * @param timeLimit after this it ends with what it has; 100 ms to 10 minutes
 */
public record WarmUpPlan(List<String> keys, @Nullable String pattern, int maxKeys, long maxBytes, Duration timeLimit) {
    public WarmUpPlan {
        keys = List.copyOf(keys);
    }
}
