package io.tiercel.cache;

import io.tiercel.cache.Framing.Made;
import io.tiercel.cache.RemoteWrites.BulkWrite;
import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.Provenance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How values are put and removed. The key's fence moves when a write begins and again when it ends: what was read or
 * loaded before either is not installed, and L1 says what was written, or nothing, before the caller is told. Two writes
 * of one key that overlap leave nothing in L1: which of them the store took last only the store knows.
 *
 * <p>What the first tier did not take has failed, and is removed from it when it answers again: see {@link Repairs}.
 *
 * <p>Nothing here waits. Thread-safe.
 */
final class Writes<K, V> {
    private final Engine<K, V> engine;

    Writes(Engine<K, V> engine) {
        this.engine = engine;
        engine.repairs()
                .become(new Repairs.Work(
                        this::removeAgain,
                        parts -> engine.generations() == null
                                ? CompletableFuture.completedFuture(null)
                                : engine.generations().advance(parts, Duration.ZERO),
                        engine.watch()::index,
                        key -> engine.changed(key, x -> () -> {})));
    }

    private record Given<K, V>(K key, V value) {}

    /** A write that has begun. */
    private record Begun<K, V>(K key, Sought sought, Made<V> made) {
        String stored() {
            return sought.key();
        }
    }

    CompletableFuture<WriteResult> put(K key, V value, @Nullable Duration ttl) {
        return putAll("put", Map.of(key, value), ttl);
    }

    CompletableFuture<WriteResult> putAll(Map<? extends K, ? extends V> entries) {
        return putAll("putAll", entries, null);
    }

    private CompletableFuture<WriteResult> putAll(
            String operation, Map<? extends K, ? extends V> entries, @Nullable Duration ttl) {
        Map<String, Given<K, V>> given = new LinkedHashMap<>();
        entries.forEach((key, value) -> given.put(engine.stored(key), new Given<>(key, value)));
        return generations(given.keySet()).thenCompose(known -> {
            Map<String, Begun<K, V>> begun = new LinkedHashMap<>();
            Map<String, Frame> frames = new LinkedHashMap<>();
            given.forEach((stored, pair) -> {
                Begun<K, V> one = begin(pair.key(), stored, pair.value(), ttl, known);
                begun.put(stored, one);
                if (one.made().frame() != null) {
                    frames.put(stored, one.made().frame());
                }
            });
            begun.keySet().stream().findFirst().ifPresent(engine.lag()::sending);
            List<Sought> sought = begun.values().stream().map(Begun::sought).toList();
            return engine.remoteWrites().putAll(sought, frames).thenApply(bulk -> putDone(operation, begun, bulk));
        });
    }

    private WriteResult putDone(String operation, Map<String, Begun<K, V>> begun, BulkWrite bulk) {
        Map<K, Throwable> failures = new LinkedHashMap<>();
        begun.forEach((stored, one) -> {
            Throwable failure = bulk.failures().get(stored);
            if (failure == null) {
                settled(stored, bulk);
                finish(one);
            } else {
                notTaken(stored);
                engine.forget(one.key(), stored);
                failures.put(one.key(), failure);
            }
        });
        if (!failures.isEmpty()) {
            throw failed(operation, failures);
        }
        return result(bulk.pending());
    }

    /** The generations that the values are put in, by part; empty for parts whose store does not answer. */
    private CompletableFuture<Map<Integer, Generations.Known>> generations(Collection<String> stored) {
        Generations generations = engine.generations();
        if (generations == null) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Set<Integer> parts = new LinkedHashSet<>();
        stored.forEach(key -> parts.add(engine.watch().index(key)));
        CompletableFuture<Map<Integer, Generations.Known>> all =
                CompletableFuture.completedFuture(new LinkedHashMap<>());
        for (int part : parts) {
            all = all.thenCombine(
                    generations.current(part).exceptionally(error -> generations.last(part)), (map, known) -> {
                        if (known != null) {
                            map.put(part, known);
                        }
                        return map;
                    });
        }
        return all;
    }

    private Begun<K, V> begin(
            K key, String stored, V value, @Nullable Duration ttl, Map<Integer, Generations.Known> known) {
        CachePolicy policy = engine.policy().get();
        int part = engine.watch().index(stored);
        Generations.Known generation = known.get(part);
        long stamp = engine.tags().stamp();
        // In a generation that nobody knows the value is stored all the same, so that the tier says what is wrong.
        Provenance provenance = new Provenance(generation == null ? 0 : generation.stamped(), stamp, List.of());
        Made<V> made = engine.framing()
                .make(
                        stored,
                        value,
                        engine.lives().ofValue(policy, ttl == null ? policy.ttl() : ttl),
                        null,
                        provenance,
                        List.of(),
                        stamp);
        return new Begun<>(key, new Sought(stored, engine.advance(stored)), made);
    }

    private void finish(Begun<K, V> begun) {
        LocalEntries<K, V> local = engine.local();
        Ticket ticket = begun.sought().ticket();
        if (local != null) {
            engine.now();
            Frame frame = begun.made().frame();
            boolean backed = frame != null
                    && !engine.remotes().isEmpty()
                    && engine.remotes().guards().get(0).fits(frame.bytes());
            Entry<V> entry = engine.forLocal(begun.key(), begun.made().entry(), ticket, backed);
            if (local.putOrRemove(
                    begun.key(),
                    begun.stored(),
                    entry,
                    () -> engine.fences().advanceFrom(ticket.fence()) && !ticket.isForgotten())) {
                engine.counters().localPuts.increment();
            }
        }
        engine.advance(begun.stored());
    }

    CompletableFuture<WriteResult> invalidate(K key) {
        return removeAll("invalidate", List.of(key));
    }

    CompletableFuture<WriteResult> invalidateAll(Collection<? extends K> keys) {
        return removeAll("invalidateAll", keys);
    }

    private CompletableFuture<WriteResult> removeAll(String operation, Collection<? extends K> keys) {
        Map<String, K> byStored = new LinkedHashMap<>();
        for (K key : new LinkedHashSet<K>(keys)) {
            byStored.put(engine.stored(key), key);
        }
        byStored.forEach((stored, key) -> engine.forget(key, stored));
        byStored.keySet().stream().findFirst().ifPresent(engine.lag()::sending);
        return engine.remoteWrites().removeAll(sought(byStored.keySet())).thenApply(bulk -> {
            Map<K, Throwable> failures = new LinkedHashMap<>();
            byStored.forEach((stored, key) -> {
                Throwable failure = bulk.failures().get(stored);
                if (failure == null) {
                    settled(stored, bulk);
                } else {
                    notTaken(stored);
                    failures.put(key, failure);
                }
                engine.forget(key, stored);
            });
            if (!failures.isEmpty()) {
                throw failed(operation, failures);
            }
            engine.counters().localRemovals.add(byStored.size());
            return result(bulk.pending());
        });
    }

    private List<Sought> sought(Collection<String> stored) {
        return stored.stream().map(engine::sought).toList();
    }

    /** For repairs: the keys that are still not removed everywhere. */
    private CompletableFuture<Set<String>> removeAgain(List<String> stored) {
        return engine.repairWrites().removeAll(sought(stored)).thenApply(bulk -> {
            Set<String> failed = new LinkedHashSet<>(bulk.failures().keySet());
            failed.addAll(bulk.unsafe());
            return failed;
        });
    }

    private void settled(String stored, BulkWrite bulk) {
        if (bulk.unsafe().contains(stored)) {
            notTaken(stored);
        } else {
            engine.repairs().settled(stored);
            engine.detours().settled(stored);
        }
    }

    private void notTaken(String stored) {
        if (!engine.without().contains(Guard.REPAIRS)) {
            engine.repairs().add(stored);
        }
    }

    CompletableFuture<WriteResult> expire(K key) {
        String stored = engine.stored(key);
        expireLocally(key, stored);
        return engine.remoteWrites().expire(engine.sought(stored)).thenApply(bulk -> {
            expireLocally(key, stored);
            Throwable failure = bulk.failures().get(stored);
            if (failure != null) {
                notTaken(stored);
                throw failed("expire", Map.of(key, failure));
            }
            return result(bulk.pending());
        });
    }

    private void expireLocally(K key, String stored) {
        engine.advance(stored);
        if (engine.local() != null) {
            engine.local().expire(key, engine.now());
        }
    }

    // ---- many at once

    CompletableFuture<WriteResult> clear(Duration grace) {
        Generations generations = engine.generations();
        return ofMany("clear", () -> {
            if (generations == null) {
                return CompletableFuture.completedFuture(null);
            }
            return generations.advanceAll(grace);
        });
    }

    CompletableFuture<WriteResult> invalidateTag(String tag, Duration grace) {
        return engine.tags().invalidate(tag, grace).handle((done, error) -> {
            if (error != null) {
                throw failed("invalidateTag", Map.of(tag, TierGuard.unwrap(error)));
            }
            return WriteResult.COMPLETE;
        });
    }

    private CompletableFuture<WriteResult> ofMany(String operation, Supplier<CompletableFuture<Void>> work) {
        engine.forgetAll();
        return work.get().handle((done, error) -> {
            engine.forgetAll();
            if (error != null) {
                throw failed(operation, Map.of(engine.name(), TierGuard.unwrap(error)));
            }
            return WriteResult.COMPLETE;
        });
    }

    private static WriteResult result(Set<String> pending) {
        return pending.isEmpty() ? WriteResult.COMPLETE : new WriteResult(pending);
    }

    private CacheWriteException failed(String operation, Map<?, Throwable> failures) {
        List<TierGuard> guards = new ArrayList<>(engine.remotes().guards());
        String tier = guards.get(0).name();
        Throwable first = failures.values().iterator().next();
        String keys = failures.size() == 1 ? "" : " for " + failures.size() + " keys";
        return new CacheWriteException(
                "cache '" + engine.name() + "': " + operation + " did not reach tier '" + tier + "'" + keys + ": "
                        + first.getMessage() + "; whether the store took it is not known, repeat it",
                tier,
                failures);
    }
}
