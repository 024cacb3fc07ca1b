package io.tiercel.cache;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Framing.Made;
import io.tiercel.cache.Loads.Missing;
import io.tiercel.cache.tier.Frame;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How many keys are read at once: as {@link Reads} reads one, with one look into each tier for all of them and one call
 * of the loader. Each key has its own flight, so that readers of single keys and of overlapping sets wait for each other
 * and nothing is loaded twice.
 *
 * <p>A reader first ends all the flights that are its own and only then waits for those of others: two readers who each
 * lead what the other wants cannot wait for each other for ever. Thread-safe.
 */
final class BulkReads<K, V> {
    private final Engine<K, V> engine;
    private final Reads<K, V> reads;
    private final Loads<K, V> loads;

    BulkReads(Engine<K, V> engine, Reads<K, V> reads, Loads<K, V> loads) {
        this.engine = engine;
        this.reads = reads;
        this.loads = loads;
    }

    /** What a bulk read ended with: the values found, in the order asked, and the keys that failed. */
    record Answers<K, V>(Map<K, V> values, Map<K, Throwable> failures) {}

    /** A key that L1 did not have. */
    private static final class Wanted<K, V> {
        final K key;
        final String stored;
        final long ticket;
        final Flight<Answer<V>> load = new Flight<>();
        final @Nullable Entry<V> known;

        Wanted(K key, String stored, long ticket, @Nullable Entry<V> known) {
            this.key = key;
            this.stored = stored;
            this.ticket = ticket;
            this.known = known;
        }
    }

    /** A look into the remote tiers that this reader makes or waits for. */
    private record Look<V>(CompletableFuture<Finding<V>> finding, boolean own) {}

    /** All values, loaded if need be. */
    CompletableFuture<Answers<K, V>> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader, Executor executor) {
        Map<K, @Nullable V> local = new HashMap<>();
        Map<K, CompletableFuture<Answer<V>>> flying = new LinkedHashMap<>();
        List<Wanted<K, V>> mine = new ArrayList<>();
        List<K> staleServed = new ArrayList<>();
        Set<K> distinct = new LinkedHashSet<>(keys);
        long now = engine.now();
        for (K key : distinct) {
            Entry<V> known = engine.localEntry(key);
            if (known != null && servedFromLocal(key, known, now, staleServed)) {
                local.put(key, known.value);
                continue;
            }
            Wanted<K, V> wanted =
                    new Wanted<>(key, engine.stored(key), engine.fences().open(key), known);
            Flight<Answer<V>> other = engine.loads().join(key, wanted.load);
            if (other == null) {
                flying.put(key, wanted.load.result);
                mine.add(wanted);
            } else {
                other.refuseRecursion(engine.name());
                engine.counters().shared.increment();
                flying.put(key, other.result);
            }
        }
        for (K key : staleServed) {
            reads.refreshBehind(key, (k, context) -> loader.loadAll(Set.of(k)).get(k));
        }
        lead(mine, loader, executor);
        return collect(distinct, local, flying);
    }

    private boolean servedFromLocal(K key, Entry<V> known, long now, List<K> staleServed) {
        if (known.isFreshAt(now)) {
            engine.counters().localHits.increment();
            return true;
        }
        if (known.mayServeWhileRevalidating(now, reads.staleWindow())) {
            engine.counters().localHits.increment();
            engine.counters().stale.increment();
            staleServed.add(key);
            return true;
        }
        return false;
    }

    private void lead(List<Wanted<K, V>> mine, BulkLoader<K, V> loader, Executor executor) {
        List<Wanted<K, V>> asked = new ArrayList<>(mine.size());
        long now = engine.now();
        for (Wanted<K, V> wanted : mine) {
            Entry<V> landed = engine.localEntry(wanted.key);
            if (landed != null && landed.isFreshAt(now)) {
                engine.counters().localHits.increment();
                engine.loads().end(wanted.key, wanted.load, new Answer<>(landed.value, false));
            } else {
                engine.counters().localMisses.increment();
                asked.add(wanted);
            }
        }
        if (asked.isEmpty()) {
            return;
        }
        try {
            Map<K, Look<V>> looks = look(asked, executor);
            var unused = CompletableFuture.allOf(
                            looks.values().stream().map(Look::finding).toArray(CompletableFuture<?>[]::new))
                    .thenRunAsync(() -> serveOrLoad(asked, looks, loader), executor)
                    .whenComplete((done, error) -> {
                        if (error != null) {
                            fail(asked, TierGuard.unwrap(error));
                        }
                    });
        } catch (RuntimeException e) {
            fail(asked, e);
        }
    }

    private void fail(List<Wanted<K, V>> wanted, Throwable cause) {
        for (Wanted<K, V> one : wanted) {
            engine.loads().fail(one.key, one.load, cause);
        }
    }

    /** One look into the remote tiers for all the keys for which nobody else is looking. */
    private Map<K, Look<V>> look(List<Wanted<K, V>> wanted, Executor executor) {
        Map<K, Look<V>> looks = new LinkedHashMap<>();
        List<Wanted<K, V>> own = new ArrayList<>();
        List<Flight<Finding<V>>> flights = new ArrayList<>();
        for (Wanted<K, V> one : wanted) {
            Flight<Finding<V>> mine = new Flight<>();
            Flight<Finding<V>> other = engine.lookups().join(one.key, mine);
            if (other == null) {
                own.add(one);
                flights.add(mine);
            }
            looks.put(one.key, new Look<>((other == null ? mine : other).result, other == null));
        }
        List<String> stored = own.stream().map(w -> w.stored).toList();
        var unused = engine.remotes().findAll(stored, executor).whenComplete((findings, error) -> {
            for (int i = 0; i < own.size(); i++) {
                Wanted<K, V> one = own.get(i);
                if (error != null) {
                    engine.lookups().fail(one.key, flights.get(i), TierGuard.unwrap(error));
                } else {
                    reads.found(one.key, one.stored, one.ticket, findings.get(i));
                    engine.lookups().end(one.key, flights.get(i), findings.get(i));
                }
            }
        });
        return looks;
    }

    private void serveOrLoad(List<Wanted<K, V>> wanted, Map<K, Look<V>> looks, BulkLoader<K, V> loader) {
        List<Missing<K, V>> missing = new ArrayList<>();
        List<Flight<Answer<V>>> flights = new ArrayList<>();
        long now = engine.now();
        for (Wanted<K, V> one : wanted) {
            Look<V> look = looks.get(one.key);
            Finding<V> finding =
                    look == null ? Finding.nothing(0) : look.finding().join();
            Entry<V> entry = finding.entry();
            if (entry != null && look != null && entry.isFreshAt(now)) {
                count(finding, look.own(), true);
                engine.loads().end(one.key, one.load, new Answer<>(entry.value, false));
            } else {
                if (look != null) {
                    count(finding, look.own(), false);
                }
                missing.add(reads.missing(one.key, one.ticket, one.known, finding));
                flights.add(one.load);
            }
        }
        if (!missing.isEmpty()) {
            load(missing, flights, loader);
        }
    }

    private void count(Finding<V> finding, boolean own, boolean served) {
        if (!own) {
            if (served) {
                engine.counters().shared.increment();
            }
        } else if (finding.entry() != null) {
            TierGuard guard = engine.remotes().guards().get(finding.depth());
            (served ? guard.hits : guard.misses).increment();
        }
    }

    private void load(List<Missing<K, V>> missing, List<Flight<Answer<V>>> flights, BulkLoader<K, V> loader) {
        engine.counters().loads.add(missing.size());
        Set<K> keys = new LinkedHashSet<>();
        missing.forEach(m -> keys.add(m.key()));
        Map<K, V> loaded;
        long start = engine.time().nanos();
        Thread thread = Thread.currentThread();
        flights.forEach(f -> f.loadingOn(thread));
        try {
            loaded = loader.loadAll(Collections.unmodifiableSet(keys));
            if (loaded == null) {
                throw new NullPointerException("cache '" + engine.name() + "': the bulk loader returned null;"
                        + " expected a map, without the keys that have no value");
            }
        } catch (Throwable e) {
            // Whatever it is, it is the callers'; flights that did not end would leave them waiting for ever.
            flights.forEach(f -> f.loadingOn(null));
            loads.timed(start, true);
            for (int i = 0; i < missing.size(); i++) {
                loads.failed(flights.get(i), missing.get(i), e);
            }
            return;
        }
        flights.forEach(f -> f.loadingOn(null));
        loads.timed(start, false);
        store(missing, flights, loaded);
    }

    private void store(List<Missing<K, V>> missing, List<Flight<Answer<V>>> flights, Map<K, V> loaded) {
        List<@Nullable Made<V>> made = new ArrayList<>(missing.size());
        Map<String, Frame> frames = new LinkedHashMap<>();
        Map<String, K> keys = new HashMap<>();
        Map<String, Long> tickets = new HashMap<>();
        for (Missing<K, V> one : missing) {
            Made<V> result = loads.make(one, loaded.get(one.key()), null, null);
            made.add(result);
            if (result != null && result.frame() != null) {
                frames.put(one.stored(), result.frame());
                keys.put(one.stored(), one.key());
                tickets.put(one.stored(), one.ticket());
            }
        }
        var unused = engine.remotes()
                .fillAll(frames, engine.claim(keys, tickets))
                .whenComplete((done, error) -> {
                    for (int i = 0; i < missing.size(); i++) {
                        Made<V> result = made.get(i);
                        if (result != null) {
                            loads.install(missing.get(i), result.entry());
                        }
                        K key = missing.get(i).key();
                        engine.loads().end(key, flights.get(i), new Answer<>(loaded.get(key), true));
                    }
                });
    }

    private CompletableFuture<Answers<K, V>> collect(
            Set<K> keys, Map<K, @Nullable V> local, Map<K, CompletableFuture<Answer<V>>> flying) {
        CompletableFuture<?>[] all = flying.values().stream()
                .map(f -> f.handle((answer, error) -> null))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenApply(done -> {
            Map<K, V> values = new LinkedHashMap<>();
            Map<K, Throwable> failures = new LinkedHashMap<>();
            for (K key : keys) {
                CompletableFuture<Answer<V>> flight = flying.get(key);
                if (flight == null) {
                    putIfThere(values, key, local.get(key));
                } else {
                    var unused = flight.handle((answer, error) -> {
                        if (error != null) {
                            failures.put(key, TierGuard.unwrap(error));
                        } else {
                            putIfThere(values, key, answer.value());
                        }
                        return null;
                    });
                }
            }
            return new Answers<>(Collections.unmodifiableMap(values), Collections.unmodifiableMap(failures));
        });
    }

    private static <K, V> void putIfThere(Map<K, V> values, K key, @Nullable V value) {
        if (value != null) {
            values.put(key, value);
        }
    }

    /** The values that some tier has fresh. */
    CompletableFuture<Map<K, V>> getAllPresent(Collection<? extends K> keys, Executor executor) {
        Map<K, V> values = new LinkedHashMap<>();
        List<Wanted<K, V>> wanted = new ArrayList<>();
        Set<K> distinct = new LinkedHashSet<>(keys);
        long now = engine.now();
        for (K key : distinct) {
            Entry<V> known = engine.localEntry(key);
            if (known != null && known.isFreshAt(now)) {
                engine.counters().localHits.increment();
                putIfThere(values, key, known.value);
            } else {
                engine.counters().localMisses.increment();
                wanted.add(new Wanted<>(key, engine.stored(key), engine.fences().open(key), known));
            }
        }
        Map<K, Look<V>> looks = wanted.isEmpty() ? Map.of() : look(wanted, executor);
        return CompletableFuture.allOf(
                        looks.values().stream().map(Look::finding).toArray(CompletableFuture<?>[]::new))
                .thenApplyAsync(
                        done -> {
                            looks.forEach((key, look) -> take(values, key, look));
                            return inOrder(distinct, values);
                        },
                        executor);
    }

    private void take(Map<K, V> values, K key, Look<V> look) {
        Finding<V> finding = look.finding().join();
        Entry<V> entry = finding.entry();
        if (entry != null && entry.isFreshAt(engine.now())) {
            count(finding, look.own(), true);
            putIfThere(values, key, entry.value);
        } else {
            count(finding, look.own(), false);
            engine.counters().absent.increment();
        }
    }

    private Map<K, V> inOrder(Set<K> keys, Map<K, V> values) {
        Map<K, V> ordered = new LinkedHashMap<>();
        keys.forEach(key -> putIfThere(ordered, key, values.get(key)));
        return Collections.unmodifiableMap(ordered);
    }
}
