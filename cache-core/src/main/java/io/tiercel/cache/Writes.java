package io.tiercel.cache;

import io.tiercel.cache.Framing.Made;
import io.tiercel.cache.tier.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How values are put and removed. The key's fence moves when a write begins and again when it ends: what was read or
 * loaded before either is not installed, and L1 says what was written, or nothing, before the caller is told. Two writes
 * of one key that overlap leave nothing in L1: which of them the store took last only the store knows.
 *
 * <p>Nothing here waits. Thread-safe.
 */
final class Writes<K, V> {
    private final Engine<K, V> engine;

    Writes(Engine<K, V> engine) {
        this.engine = engine;
    }

    /** A write that has begun. */
    private record Begun<K, V>(K key, long ticket, Made<V> made) {}

    CompletableFuture<WriteResult> put(K key, V value, @Nullable Duration ttl) {
        String stored = engine.stored(key);
        Begun<K, V> begun = begin(key, stored, value, ttl);
        Frame frame = begun.made().frame();
        CompletableFuture<Set<String>> written = frame == null
                ? CompletableFuture.completedFuture(Set.of())
                : engine.remotes().put(stored, frame);
        return written.handle((unconfirmed, error) -> {
            if (error != null) {
                engine.forget(key);
                throw failed("put", Map.of(key, TierGuard.unwrap(error)));
            }
            finish(begun);
            return result(unconfirmed);
        });
    }

    CompletableFuture<WriteResult> putAll(Map<? extends K, ? extends V> entries) {
        Map<String, Begun<K, V>> begun = new LinkedHashMap<>();
        Map<String, Frame> frames = new LinkedHashMap<>();
        entries.forEach((key, value) -> {
            String stored = engine.stored(key);
            Begun<K, V> one = begin(key, stored, value, null);
            begun.put(stored, one);
            if (one.made().frame() != null) {
                frames.put(stored, one.made().frame());
            }
        });
        return engine.remotes().putAll(frames).thenApply(bulk -> {
            Map<K, Throwable> failures = new LinkedHashMap<>();
            begun.forEach((stored, one) -> {
                Throwable failure = bulk.failures().get(stored);
                if (failure == null) {
                    finish(one);
                } else {
                    engine.forget(one.key());
                    failures.put(one.key(), failure);
                }
            });
            if (!failures.isEmpty()) {
                throw failed("putAll", failures);
            }
            return result(bulk.unconfirmed());
        });
    }

    private Begun<K, V> begin(K key, String stored, V value, @Nullable Duration ttl) {
        CachePolicy policy = engine.policy().get();
        Made<V> made = engine.framing()
                .make(stored, value, engine.lives().ofValue(policy, ttl == null ? policy.ttl() : ttl), null);
        return new Begun<>(key, engine.advance(key), made);
    }

    private void finish(Begun<K, V> begun) {
        LocalEntries<K, V> local = engine.local();
        if (local != null) {
            engine.now();
            Entry<V> entry = engine.forLocal(begun.made().entry());
            if (local.putOrRemove(begun.key(), entry, () -> engine.fences().advanceFrom(begun.ticket()))) {
                engine.counters().localPuts.increment();
            }
        }
        engine.advance(begun.key());
    }

    CompletableFuture<WriteResult> invalidate(K key) {
        String stored = engine.stored(key);
        engine.forget(key);
        return engine.remotes().remove(stored).handle((unconfirmed, error) -> {
            engine.forget(key);
            if (error != null) {
                throw failed("invalidate", Map.of(key, TierGuard.unwrap(error)));
            }
            engine.counters().localRemovals.increment();
            return result(unconfirmed);
        });
    }

    CompletableFuture<WriteResult> invalidateAll(Collection<? extends K> keys) {
        Map<String, K> byStored = new LinkedHashMap<>();
        for (K key : new LinkedHashSet<K>(keys)) {
            byStored.put(engine.stored(key), key);
        }
        byStored.values().forEach(engine::forget);
        List<String> stored = new ArrayList<>(byStored.keySet());
        return engine.remotes().removeAll(stored).thenApply(bulk -> {
            byStored.values().forEach(engine::forget);
            if (!bulk.failures().isEmpty()) {
                Map<K, Throwable> failures = new LinkedHashMap<>();
                byStored.forEach((name, key) -> {
                    Throwable failure = bulk.failures().get(name);
                    if (failure != null) {
                        failures.put(key, failure);
                    }
                });
                throw failed("invalidateAll", failures);
            }
            engine.counters().localRemovals.add(stored.size());
            return result(bulk.unconfirmed());
        });
    }

    CompletableFuture<WriteResult> expire(K key) {
        String stored = engine.stored(key);
        expireLocally(key);
        return engine.remotes().expire(stored).handle((unconfirmed, error) -> {
            expireLocally(key);
            if (error != null) {
                throw failed("expire", Map.of(key, TierGuard.unwrap(error)));
            }
            return result(unconfirmed);
        });
    }

    private void expireLocally(K key) {
        engine.advance(key);
        if (engine.local() != null) {
            engine.local().expire(key, engine.now());
        }
    }

    private static WriteResult result(Set<String> unconfirmed) {
        return unconfirmed.isEmpty() ? WriteResult.COMPLETE : new WriteResult(unconfirmed);
    }

    private CacheWriteException failed(String operation, Map<?, Throwable> failures) {
        String tier = engine.remotes().guards().get(0).name();
        Throwable first = failures.values().iterator().next();
        String keys = failures.size() == 1 ? "" : " for " + failures.size() + " keys";
        return new CacheWriteException(
                "cache '" + engine.name() + "': " + operation + " did not reach tier '" + tier + "'" + keys + ": "
                        + first.getMessage() + "; whether the store took it is not known, repeat it",
                tier,
                failures);
    }
}
