package io.tiercel.cache;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners, and the log, what is rare enough to be told. Thread-safe. */
final class Events {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    private final List<CacheListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Timings> timings = new CopyOnWriteArrayList<>();
    private final Executor executor;

    Events(Executor executor) {
        this.executor = executor;
    }

    void add(CacheListener listener) {
        listeners.add(listener);
    }

    void add(Timings timing) {
        timings.add(timing);
    }

    void remoteCall(String tier, String operation, long nanos, boolean failed) {
        for (Timings timing : timings) {
            timing.remoteCall(tier, operation, nanos, failed);
        }
    }

    void load(long nanos, boolean failed) {
        for (Timings timing : timings) {
            timing.load(nanos, failed);
        }
    }

    void changeTold(long nanos) {
        for (Timings timing : timings) {
            timing.changeTold(nanos);
        }
    }

    void staleness(long nanos) {
        for (Timings timing : timings) {
            timing.staleness(nanos);
        }
    }

    void emit(CacheEvent event) {
        log(event);
        if (listeners.isEmpty()) {
            return;
        }
        try {
            executor.execute(() -> tell(event));
        } catch (RejectedExecutionException e) {
            LOG.warn("cache {}: the executor is full, listeners were not told of {}", event.cache(), event);
        }
    }

    private void tell(CacheEvent event) {
        for (CacheListener listener : listeners) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException e) {
                LOG.warn("cache {}: a listener failed on {}", event.cache(), event, e);
            }
        }
    }

    private static void log(CacheEvent event) {
        if (event instanceof CacheEvent.TierFailed e) {
            LOG.warn(
                    "cache {}: tier {} fails ({}: {}); readers go on without it",
                    e.cache(),
                    e.tier(),
                    e.operation(),
                    e.cause().getMessage());
        } else if (event instanceof CacheEvent.TierRecovered e) {
            LOG.info("cache {}: tier {} answers again after {}", e.cache(), e.tier(), e.failedFor());
        } else if (event instanceof CacheEvent.TierRefused e) {
            LOG.warn(
                    "cache {}: tier {} refuses ({}: {})",
                    e.cache(),
                    e.tier(),
                    e.operation(),
                    e.cause().getMessage());
        } else if (event instanceof CacheEvent.BreakerOpened e) {
            LOG.warn(
                    "cache {}: node {} of tier {} is not asked for {} ms, nor afterwards until it answers ({})",
                    e.cache(),
                    e.node(),
                    e.tier(),
                    e.openFor().toMillis(),
                    e.cause().getMessage());
        } else if (event instanceof CacheEvent.BreakerClosed e) {
            LOG.info(
                    "cache {}: node {} of tier {} answers and is asked again, after {} ms",
                    e.cache(),
                    e.node(),
                    e.tier(),
                    e.openedFor().toMillis());
        } else if (event instanceof CacheEvent.PolicyChanged e) {
            LOG.info("cache {}: policy is now {}", e.cache(), e.after());
        } else {
            LOG.warn("cache {}: {}", event.cache(), event);
        }
    }
}
