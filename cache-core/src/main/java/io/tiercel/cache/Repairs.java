package io.tiercel.cache;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes and removals that a tier did not take. Whether it took them is not known, so what it holds of those keys must
 * not be used here, and is removed as soon as the tier takes that. A repair is always a removal: it can cost a load, and
 * can never put something old in the place of something newer.
 *
 * <p>Bounded: keys that find no room are remembered by their part of the key space only, of which all is then ended.
 * Thread-safe.
 */
final class Repairs {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);
    private static final int MOST = 10_000;
    private static final int BATCH = 500;
    private static final long PAUSE_MILLIS = 100;

    private final String cache;
    private final Alarm alarm;
    private final Events events;
    private final ConcurrentHashMap<String, Object> keys = new ConcurrentHashMap<>();
    private final Set<Integer> parts = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final LongAdder added = new LongAdder();
    private final LongAdder done = new LongAdder();
    private volatile @Nullable Work work;
    private volatile Set<String> lastFailed = Set.of();

    Repairs(String cache, Alarm alarm, Events events) {
        this.cache = cache;
        this.alarm = alarm;
        this.events = events;
    }

    /**
     * How repairs are made.
     *
     * @param remove removes keys from all tiers, and tells those that failed
     * @param end ends everything in some parts of the key space
     * @param part which part a key is in
     * @param repaired told of a key whose removal is done
     */
    record Work(
            Function<List<String>, CompletableFuture<Set<String>>> remove,
            Function<List<Integer>, CompletableFuture<Void>> end,
            Function<String, Integer> part,
            java.util.function.Consumer<String> repaired) {}

    void become(Work work) {
        this.work = work;
    }

    /** Whether what the tiers hold of the key must not be used. */
    boolean isPending(String key) {
        if (keys.isEmpty() && parts.isEmpty()) {
            return false;
        }
        Work now = work;
        return keys.containsKey(key)
                || (now != null && parts.contains(now.part().apply(key)));
    }

    /** How many keys wait for their repair. */
    int size() {
        return keys.size();
    }

    long added() {
        return added.sum();
    }

    long repaired() {
        return done.sum();
    }

    /** The key's removal has to be repeated. */
    void add(String key) {
        Work now = work;
        if (now == null) {
            return;
        }
        added.increment();
        if (keys.size() < MOST || keys.containsKey(key)) {
            keys.put(key, new Object());
        } else if (parts.add(now.part().apply(key))) {
            events.emit(new CacheEvent.RepairsOverflowed(cache, MOST));
        }
        schedule();
    }

    /** The tiers have taken something newer for the key. */
    void settled(String key) {
        if (!keys.isEmpty()) {
            keys.remove(key);
        }
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            var unused = alarm.in(PAUSE_MILLIS, () -> {
                var unusedToo = once().whenComplete((result, error) -> {
                    scheduled.set(false);
                    if (!keys.isEmpty() || !parts.isEmpty()) {
                        schedule();
                    }
                });
            });
        }
    }

    /** What failed the last time is behind the others: keys of a node that is away must not keep them from theirs. */
    private Map<String, Object> batch() {
        Map<String, Object> batch = new ConcurrentHashMap<>();
        Set<String> behind = lastFailed;
        for (boolean again : new boolean[] {false, true}) {
            for (Map.Entry<String, Object> one : keys.entrySet()) {
                if (batch.size() == BATCH) {
                    return batch;
                }
                if (behind.contains(one.getKey()) == again) {
                    batch.put(one.getKey(), one.getValue());
                }
            }
        }
        return batch;
    }

    /** Tries a part of what waits. */
    private CompletableFuture<Void> once() {
        Work now = work;
        if (now == null) {
            return CompletableFuture.completedFuture(null);
        }
        Map<String, Object> batch = batch();
        Set<Integer> ended = new HashSet<>(parts);
        CompletableFuture<Void> removed = batch.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : now.remove().apply(new ArrayList<>(batch.keySet())).thenAccept(failed -> {
                    lastFailed = Set.copyOf(failed);
                    batch.forEach((key, since) -> {
                        // What failed again since stays; so does what was added anew meanwhile.
                        if (!failed.contains(key) && keys.remove(key, since)) {
                            done.increment();
                            now.repaired().accept(key);
                        }
                    });
                });
        return ended.isEmpty()
                ? removed
                : removed.thenCompose(
                        x -> now.end().apply(new ArrayList<>(ended)).thenRun(() -> parts.removeAll(ended)));
    }

    /** Tries once more to make all of them, and says how many are lost. */
    void close(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        int before;
        do {
            before = keys.size() + parts.size();
            if (before == 0) {
                return;
            }
            try {
                once().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
                LOG.debug("cache {}: a repair failed while closing", cache, e);
                break;
            }
        } while (keys.size() + parts.size() < before && System.nanoTime() - end < 0);
        int lost = keys.size() + parts.size();
        if (lost > 0) {
            events.emit(new CacheEvent.RepairsLost(cache, lost));
            LOG.warn(
                    "cache {}: closed while {} removals had not been taken by a tier; it may hold older values of those"
                            + " keys until their end",
                    cache,
                    lost);
        }
    }
}
