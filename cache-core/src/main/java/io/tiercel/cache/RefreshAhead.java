package io.tiercel.cache;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews entries of L1 before they end: those that are read, and with {@link CachePolicy#refreshAheadIdle()} also those
 * that were read not so long ago, whose loaders are kept for that. Thread-safe.
 */
final class RefreshAhead<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    /** More keys than that are renewed by their readers only. */
    private static final int MOST_KEPT = 100_000;

    private static final long SWEEP_MILLIS = 200;

    private final Engine<K, V> engine;
    private final Reads<K, V> reads;
    private final Alarm alarm;
    private final ConcurrentHashMap<K, ContextLoader<? super K, V>> kept = new ConcurrentHashMap<>();
    private final AtomicBoolean sweeping = new AtomicBoolean();

    RefreshAhead(Engine<K, V> engine, Reads<K, V> reads, Alarm alarm) {
        this.engine = engine;
        this.reads = reads;
        this.alarm = alarm;
    }

    /**
     * The entry was read.
     *
     * @param loader null if the reader has none
     */
    void hit(K key, Entry<V> entry, @Nullable ContextLoader<? super K, V> loader) {
        Ahead ahead = entry.ahead;
        if (ahead == null) {
            return;
        }
        long now = engine.now();
        ahead.read(now);
        if (loader != null && ahead.begins(now)) {
            keep(key, loader);
            reads.renewAhead(key, loader);
        }
    }

    /** The key was read with the loader. */
    void keep(K key, ContextLoader<? super K, V> loader) {
        if (engine.policy().get().refreshAheadIdle().isZero()
                || engine.local() == null
                || (kept.size() >= MOST_KEPT && !kept.containsKey(key))) {
            return;
        }
        kept.put(key, loader);
        sweepLater();
    }

    private void sweepLater() {
        if (!kept.isEmpty() && sweeping.compareAndSet(false, true)) {
            var unused = alarm.in(SWEEP_MILLIS, this::sweepElsewhere);
        }
    }

    /** The alarm's thread has more to do. */
    private void sweepElsewhere() {
        try {
            engine.executor().execute(this::sweep);
        } catch (RejectedExecutionException e) {
            LOG.debug("cache {}: too busy to renew entries ahead; later", engine.name(), e);
            sweeping.set(false);
            sweepLater();
        }
    }

    private void sweep() {
        try {
            long now = engine.now();
            long idle = engine.policy().get().refreshAheadIdle().toNanos();
            kept.forEach((key, loader) -> {
                Entry<V> entry = engine.localEntry(key);
                Ahead ahead = entry == null ? null : entry.ahead;
                if (ahead == null || now - ahead.readAt() > idle) {
                    kept.remove(key, loader);
                } else if (ahead.begins(now)) {
                    reads.renewAhead(key, loader);
                }
            });
        } finally {
            sweeping.set(false);
            sweepLater();
        }
    }
}
