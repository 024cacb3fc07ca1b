package io.tiercel.failure.matrix;

import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.CoherenceStats;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.WriteResult;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether everything is as before: writes of every part of the key space are accepted by every tier, the other
 * instance reads them from L2, every node's changes are listened to, and nothing waits for its repair.
 */
final class Recovery {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int PROBES = 12;
    private static final Duration BOUND = Duration.ofSeconds(1);

    private final Arena arena;
    private final AtomicInteger number = new AtomicInteger();

    Recovery(Arena arena) {
        this.arena = arena;
    }

    /**
     * How it ended.
     *
     * @param nanos how long it took, -1 if it was given up
     * @param missing what was wrong then
     */
    record End(long nanos, @Nullable String missing) {}

    End await(long since) throws InterruptedException {
        Set<String> primaries = arena.primaries();
        String missing = missing(primaries);
        while (missing != null) {
            if (System.nanoTime() - since > PATIENCE.toNanos()) {
                return new End(-1, missing);
            }
            Thread.sleep(20);
            missing = missing(primaries);
        }
        return new End(System.nanoTime() - since, null);
    }

    /** What is not yet as it was, or null. */
    @Nullable
    String missing() {
        return missing(arena.primaries());
    }

    private @Nullable String missing(Set<String> primaries) {
        String missing = missingOf(arena.observed(), primaries);
        if (missing == null) {
            missing = missingOf(arena.writer(), primaries);
        }
        return missing == null ? probe() : missing;
    }

    private static @Nullable String missingOf(TieredCache<String, String> cache, Set<String> primaries) {
        CoherenceStats coherence = cache.coherence();
        Set<String> silent = new HashSet<>(primaries);
        for (CoherenceStats.Node node : coherence.nodes()) {
            if (node.state().equals("armed") && node.vouchedAgo().compareTo(BOUND) <= 0) {
                silent.remove(node.address());
            }
        }
        if (!silent.isEmpty()) {
            return silent + " are not listened to";
        }
        return coherence.repairsPending() > 0 ? coherence.repairsPending() + " repairs are pending" : null;
    }

    private @Nullable String probe() {
        for (int i = 0; i < PROBES; i++) {
            String key = "probe" + number.incrementAndGet();
            try {
                WriteResult result = arena.writer().put(key, key);
                if (!result.isComplete()) {
                    return "a write is pending in " + result.pending();
                }
            } catch (CacheWriteException e) {
                return "a write failed";
            }
            if (!key.equals(arena.observed().getIfPresent(key))) {
                return "a value is not read from L2";
            }
        }
        return null;
    }
}
