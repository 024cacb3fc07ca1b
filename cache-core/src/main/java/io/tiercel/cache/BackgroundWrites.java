package io.tiercel.cache;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes that no caller waits for: promotions, and fills of the deeper tiers. Bounded, since a tier that hangs would
 * collect them; what does not fit is not written, which costs a later reader a look further down. Thread-safe.
 */
final class BackgroundWrites {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);
    private static final int MOST = 10_000;

    /** Writes that did not fit. */
    final LongAdder dropped = new LongAdder();

    private final Set<CompletableFuture<?>> underWay = ConcurrentHashMap.newKeySet();

    /** Starts a write if there is room. Its outcome is the tier's guard's to count. */
    @SuppressWarnings("CollectionUndefinedEquality") // the very same future is what is meant
    void start(Supplier<CompletableFuture<?>> write) {
        if (underWay.size() >= MOST) {
            dropped.increment();
            return;
        }
        CompletableFuture<?> future = write.get();
        underWay.add(future);
        var unused = future.whenComplete((result, error) -> underWay.remove(future));
    }

    /** Waits for what is under way. */
    void await(Duration timeout) {
        CompletableFuture<Void> all = CompletableFuture.allOf(
                underWay.stream().map(f -> f.handle((r, e) -> null)).toArray(CompletableFuture<?>[]::new));
        try {
            all.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.warn("{} writes were still under way after {} and are given up", underWay.size(), timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new AssertionError("every failure was handled", e);
        }
    }
}
