package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.Backoffs.Failure;
import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Leases.Ask;
import io.tiercel.cache.Leases.Verdict;
import io.tiercel.cache.Loads.Loaded;
import io.tiercel.cache.Loads.Missing;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How many keys are read at once: as {@link Reads} reads one, with one look into each tier for all of them and one call
 * of the loader for all that are this reader's to load. Each key has its own flight, so that readers of single keys and
 * of overlapping sets wait for each other and nothing is loaded twice.
 *
 * <p>A reader loads what is his before he waits for what others load, here or elsewhere: two readers who each lead what
 * the other wants cannot wait for each other for ever. Thread-safe.
 */
final class BulkReads<K, V> {
    private final Engine<K, V> engine;
    private final Looks<K, V> looks;
    private final Reads<K, V> reads;
    private final Loads<K, V> loads;
    private final RefreshAhead<K, V> ahead;

    BulkReads(Engine<K, V> engine, Looks<K, V> looks, Reads<K, V> reads, Loads<K, V> loads, RefreshAhead<K, V> ahead) {
        this.engine = engine;
        this.looks = looks;
        this.reads = reads;
        this.loads = loads;
        this.ahead = ahead;
    }

    /** What a bulk read ended with: the values found, in the order asked, and the keys that failed. */
    record Answers<K, V>(Map<K, V> values, Map<K, Throwable> failures) {}

    /** A key that L1 did not have. */
    private static final class Wanted<K, V> {
        final K key;
        final String stored;
        final Flight<Answer<V>> load;
        final long began;
        Sought sought;

        @Nullable
        Entry<V> known;

        Wanted(K key, Sought sought) {
            this.key = key;
            this.stored = sought.key();
            this.sought = sought;
            this.load = new Flight<>(sought.ticket());
            this.began = sought.ticket().taken();
        }

        /** Looks once more: what was noted before the last look is worth nothing. */
        void seek(Sought again) {
            sought = again;
            load.readFrom(again.ticket());
        }
    }

    /** One reader's call. */
    private static final class Trip<K, V> {
        final BulkLoader<K, V> loader;
        final Executor executor;
        private final AtomicReference<@Nullable Permit> permit;

        /** @param permit got by waiting, to be used by the first load; null if nobody has waited */
        Trip(BulkLoader<K, V> loader, Executor executor, @Nullable Permit permit) {
            this.loader = loader;
            this.executor = executor;
            this.permit = new AtomicReference<>(permit);
        }

        @Nullable
        Permit takePermit() {
            return permit.getAndSet(null);
        }

        /** Nothing will be loaded, or not now. */
        void dropPermit() {
            Permit unused = takePermit();
            if (unused != null) {
                unused.close();
            }
        }
    }

    /** A look into the first tier that this reader makes or waits for. */
    private record Look<V>(CompletableFuture<Finding<V>> finding, boolean own) {}

    /** All values, loaded if need be. */
    CompletableFuture<Answers<K, V>> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader, Executor executor) {
        Trip<K, V> trip = new Trip<>(loader, executor, null);
        Map<K, @Nullable V> local = new HashMap<>();
        Map<K, CompletableFuture<Answer<V>>> flying = new LinkedHashMap<>();
        List<Wanted<K, V>> mine = new ArrayList<>();
        Patience<V>.Waits led = engine.patience().waits(true);
        Patience<V>.Waits joined = engine.patience().waits(false);
        List<K> staleServed = new ArrayList<>();
        Set<K> distinct = new LinkedHashSet<>(keys);
        long now = engine.now();
        for (K key : distinct) {
            Entry<V> known = engine.localEntry(key);
            if (known != null && engine.trusts(known, now) && servedFromLocal(key, known, now, staleServed)) {
                local.put(key, known.value);
                ahead.hit(key, known, known.ahead == null ? null : single(loader));
                continue;
            }
            ahead.keep(key, single(loader));
            Wanted<K, V> wanted = new Wanted<>(key, engine.sought(engine.stored(key)));
            Flight<Answer<V>> other =
                    engine.loads().join(wanted.stored, wanted.load, flight -> !flight.isQueuedBehind());
            if (other == null) {
                flying.put(key, led.add(wanted.stored, wanted.load, wanted.load.result));
                mine.add(wanted);
            } else {
                other.refuseRecursion(engine.name());
                engine.counters().shared.increment();
                CompletableFuture<Answer<V>> answer = reads.passenger(
                        other, wanted.sought.ticket(), () -> reads.again(key, single(loader), executor), executor);
                flying.put(key, joined.add(wanted.stored, other, answer));
            }
        }
        for (K key : staleServed) {
            reads.renewBehind(key, single(loader));
        }
        led.begin();
        joined.begin();
        lead(mine, trip);
        return collect(distinct, local, flying);
    }

    private static <K, V> ContextLoader<K, V> single(BulkLoader<K, V> loader) {
        return (key, context) -> loader.loadAll(Set.of(key)).get(key);
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

    private void lead(List<Wanted<K, V>> mine, Trip<K, V> trip) {
        List<Wanted<K, V>> asked = new ArrayList<>(mine.size());
        long now = engine.now();
        for (Wanted<K, V> wanted : mine) {
            Entry<V> landed = engine.freshLocalEntry(wanted.key, now);
            if (landed != null) {
                engine.counters().localHits.increment();
                engine.loads().end(wanted.stored, wanted.load, Answer.of(landed));
            } else {
                engine.counters().localMisses.increment();
                wanted.known = reads.fallBack(wanted.key);
                asked.add(wanted);
            }
        }
        if (!asked.isEmpty()) {
            pursue(asked, 0, trip);
        }
    }

    private void pursue(List<Wanted<K, V>> wanted, int looks, Trip<K, V> trip) {
        if (engine.remotes().isEmpty()) {
            long stamp = engine.tags().stamp();
            load(
                    wanted,
                    wanted.stream()
                            .map(one -> reads.missing(
                                    one.key, Lease.plain(one.sought, 0, stamp), one.known, Finding.<V>nothing(0)))
                            .toList(),
                    trip);
            return;
        }
        Map<K, Look<V>> looked = look(wanted, trip.executor);
        then(
                wanted,
                CompletableFuture.allOf(
                        looked.values().stream().map(Look::finding).toArray(CompletableFuture<?>[]::new)),
                trip.executor,
                done -> decide(wanted, looked, looks, trip));
    }

    /** Goes on on the executor; whatever goes wrong ends the flights, or their passengers would wait for ever. */
    private <T> void then(List<Wanted<K, V>> wanted, CompletableFuture<T> before, Executor executor, Consumer<T> step) {
        var unused = before.thenAcceptAsync(step, executor).whenComplete((done, error) -> {
            if (error != null) {
                for (Wanted<K, V> one : wanted) {
                    engine.loads().fail(one.stored, one.load, TierGuard.unwrap(error));
                }
            }
        });
    }

    /** One look into the first tier for all the keys for which nobody else is looking. */
    private Map<K, Look<V>> look(List<Wanted<K, V>> wanted, Executor executor) {
        Map<K, Look<V>> looks = new LinkedHashMap<>();
        List<Wanted<K, V>> own = new ArrayList<>();
        List<Flight<Finding<V>>> flights = new ArrayList<>();
        for (Wanted<K, V> one : wanted) {
            one.seek(engine.sought(one.stored));
            if (engine.repairs().isPending(one.stored)) {
                Finding<V> nothing = Finding.nothing(engine.remotes().all());
                looks.put(one.key, new Look<>(CompletableFuture.completedFuture(nothing), true));
                continue;
            }
            Flight<Finding<V>> mine = new Flight<>(one.sought.ticket());
            Flight<Finding<V>> other = engine.joinLook(one.stored, mine);
            if (other == null) {
                own.add(one);
                flights.add(mine);
            }
            looks.put(one.key, new Look<>((other == null ? mine : other).result, other == null));
        }
        if (own.isEmpty()) {
            return looks;
        }
        List<Sought> sought = own.stream().map(one -> one.sought).toList();
        var unused = engine.remotes().findFirst(sought, executor).whenComplete((findings, error) -> {
            for (int i = 0; i < own.size(); i++) {
                Wanted<K, V> one = own.get(i);
                if (error != null) {
                    engine.lookups().fail(one.stored, flights.get(i), TierGuard.unwrap(error));
                } else {
                    this.looks.landed(one.key, sought.get(i), findings.get(i), true);
                    engine.lookups().end(one.stored, flights.get(i), findings.get(i));
                }
            }
        });
        return looks;
    }

    private void decide(List<Wanted<K, V>> wanted, Map<K, Look<V>> looks, int looked, Trip<K, V> trip) {
        List<Wanted<K, V>> open = new ArrayList<>();
        List<Ask<V>> asks = new ArrayList<>();
        List<Wanted<K, V>> cutOff = new ArrayList<>();
        long now = engine.now();
        for (Wanted<K, V> one : wanted) {
            Look<V> look = looks.get(one.key);
            Finding<V> finding =
                    look == null ? Finding.nothing(0) : look.finding().join();
            Entry<V> entry = finding.entry();
            if (entry != null && look != null && entry.isFreshAt(now)) {
                count(finding, look.own(), true);
                engine.loads().end(one.stored, one.load, Answer.of(entry));
                continue;
            }
            if (look != null) {
                count(finding, look.own(), false);
            }
            if (finding.failed() == engine.remotes().all() && engine.repairs().isPending(one.stored)) {
                cutOff.add(one);
            } else {
                open.add(one);
                asks.add(new Ask<>(one.sought, finding));
            }
        }
        if (!open.isEmpty()) {
            then(open, engine.leases().ask(asks, trip.executor), trip.executor, verdicts -> {
                act(open, verdicts, looked, trip);
            });
        }
        if (!cutOff.isEmpty()) {
            int tiers = engine.remotes().guards().size();
            long stamp = engine.tags().stamp();
            load(
                    cutOff,
                    cutOff.stream()
                            .map(one -> reads.missing(
                                    one.key,
                                    Lease.of(one.sought, tiers, stamp),
                                    one.known,
                                    Finding.<V>nothing(engine.remotes().all())))
                            .toList(),
                    trip);
        }
    }

    private void act(List<Wanted<K, V>> wanted, List<Verdict<V>> verdicts, int looked, Trip<K, V> trip) {
        List<Wanted<K, V>> mine = new ArrayList<>();
        List<Missing<K, V>> missing = new ArrayList<>();
        List<Wanted<K, V>> others = new ArrayList<>();
        boolean atOnce = looked < 3;
        for (int i = 0; i < wanted.size(); i++) {
            Wanted<K, V> one = wanted.get(i);
            Verdict<V> verdict = verdicts.get(i);
            if (verdict instanceof Verdict.Found<V> found) {
                found(one, found.finding(), found.backed());
            } else if (verdict instanceof Verdict.Load<V> load) {
                mine.add(one);
                missing.add(reads.missing(one.key, load.lease(), one.known, load.finding()));
            } else if (verdict instanceof Verdict.Wait<V> wait) {
                if (servedStale(one, wait)) {
                    continue;
                }
                if (engine.now() - one.began > engine.leases().longestWait()) {
                    Lease none =
                            Lease.none(one.sought, engine.remotes().guards().size());
                    mine.add(one);
                    missing.add(reads.missing(one.key, none, one.known, wait.finding()));
                } else {
                    others.add(one);
                    engine.counters().waited.increment();
                    atOnce &= wait.now();
                }
            }
        }
        if (!others.isEmpty()) {
            CompletableFuture<Void> pause = atOnce
                    ? CompletableFuture.completedFuture(null)
                    : engine.waiters().next(others.get(0).stored, looked);
            // Not on this thread now: what is this reader's own is loaded first.
            then(
                    others,
                    pause,
                    task -> engine.executor().execute(() -> trip.executor.execute(task)),
                    x -> pursue(others, looked + 1, trip));
        }
        if (mine.isEmpty()) {
            trip.dropPermit(); // somebody else may need it meanwhile
        } else {
            load(mine, missing, trip);
        }
    }

    private void found(Wanted<K, V> one, Finding<V> finding, boolean backed) {
        Entry<V> entry = finding.entry();
        if (entry == null) {
            throw new IllegalStateException("found nothing");
        }
        looks.landed(one.key, one.sought, finding, backed);
        if (finding.failedAt(0)) {
            engine.detours().note(one.stored, finding.frame());
        }
        engine.remotes().guards().get(finding.depth()).hits.increment();
        engine.loads().end(one.stored, one.load, Answer.of(entry));
    }

    private boolean servedStale(Wanted<K, V> one, Verdict.Wait<V> wait) {
        Entry<V> stale = wait.finding().entry();
        if (stale == null || wait.now() || stale.expired || !stale.isUsableAt(engine.now())) {
            return false;
        }
        engine.counters().stale.increment();
        engine.remotes().guards().get(wait.finding().depth()).hits.increment();
        engine.loads().end(one.stored, one.load, Answer.of(stale));
        return true;
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

    private void load(List<Wanted<K, V>> wanted, List<Missing<K, V>> missing, Trip<K, V> trip) {
        List<Wanted<K, V>> due = new ArrayList<>(wanted.size());
        List<Missing<K, V>> dueMissing = new ArrayList<>(wanted.size());
        for (int i = 0; i < wanted.size(); i++) {
            Wanted<K, V> one = wanted.get(i);
            loads.offerStale(one.load, missing.get(i));
            Failure failed = engine.backoffs().current(one.stored);
            if (failed == null) {
                due.add(one);
                dueMissing.add(missing.get(i));
            } else {
                engine.counters().loadsBackedOff.increment();
                engine.counters().refused.increment();
                loads.refused(one.load, missing.get(i), failed.cause());
            }
        }
        if (due.isEmpty()) {
            trip.dropPermit();
            return;
        }
        Permit waitedFor = trip.takePermit();
        Permit permit = waitedFor == null ? engine.permits().tryAcquire(false) : waitedFor;
        if (permit == null) {
            queue(due, dueMissing, trip);
            return;
        }
        engine.counters().loads.add(due.size());
        dueMissing.forEach(one -> engine.leases().keep(one.lease()));
        try {
            engine.loaderExecutor(trip.executor).execute(() -> call(due, dueMissing, permit, trip));
        } catch (RejectedExecutionException e) {
            permit.close();
            for (int i = 0; i < due.size(); i++) {
                loads.refused(due.get(i).load, dueMissing.get(i), e);
            }
        }
    }

    /** As {@link Reads} does for one key. */
    private void queue(List<Wanted<K, V>> wanted, List<Missing<K, V>> missing, Trip<K, V> trip) {
        missing.forEach(one -> engine.leases().release(one.lease()));
        CompletableFuture<Permit> acquired = engine.permits().acquire(false);
        var unused = acquired.handleAsync(
                        (permit, error) -> {
                            if (permit == null) {
                                Throwable why = TierGuard.unwrap(requireNonNull(error, "error"));
                                for (int i = 0; i < wanted.size(); i++) {
                                    engine.counters().refused.increment();
                                    loads.refused(wanted.get(i).load, missing.get(i), why);
                                }
                                return null;
                            }
                            Trip<K, V> again = new Trip<>(trip.loader, trip.executor, permit);
                            var unusedToo = CompletableFuture.allOf(wanted.stream()
                                            .map(one -> one.load.result)
                                            .toArray(CompletableFuture<?>[]::new))
                                    .whenComplete((done, failed) -> again.dropPermit());
                            pursue(wanted, 0, again);
                            return null;
                        },
                        trip.executor)
                .whenComplete((done, error) -> {
                    if (error != null) {
                        wanted.forEach(one -> engine.loads().fail(one.stored, one.load, TierGuard.unwrap(error)));
                        var unusedToo = acquired.thenAccept(Permit::close);
                    }
                });
    }

    private void call(List<Wanted<K, V>> wanted, List<Missing<K, V>> missing, Permit permit, Trip<K, V> trip) {
        List<Flight<Answer<V>>> flights = wanted.stream().map(one -> one.load).toList();
        Set<K> keys = new LinkedHashSet<>();
        missing.forEach(one -> keys.add(one.key()));
        Map<K, V> loaded;
        long start = engine.time().nanos();
        Thread thread = Thread.currentThread();
        flights.forEach(f -> f.loadingOn(thread));
        try {
            loaded = engine.permits().within(permit, () -> trip.loader.loadAll(Collections.unmodifiableSet(keys)));
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
        List<Loaded<K, V>> all = new ArrayList<>(missing.size());
        for (int i = 0; i < missing.size(); i++) {
            Missing<K, V> one = missing.get(i);
            Flight<Answer<V>> flight = flights.get(i);
            engine.backoffs().forget(one.stored());
            all.add(new Loaded<>(
                    one,
                    flight,
                    loaded.get(one.key()),
                    null,
                    null,
                    List.of(),
                    () -> reads.resume(flight, one.key(), one.stored(), single(trip.loader), trip.executor)));
        }
        loads.store(all);
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
            Entry<V> known = engine.freshLocalEntry(key, now);
            if (known != null) {
                engine.counters().localHits.increment();
                putIfThere(values, key, known.value);
            } else {
                engine.counters().localMisses.increment();
                wanted.add(new Wanted<>(key, engine.sought(engine.stored(key))));
            }
        }
        if (wanted.isEmpty() || engine.remotes().isEmpty()) {
            engine.counters().absent.add(wanted.size());
            return CompletableFuture.completedFuture(inOrder(distinct, values));
        }
        Map<K, Look<V>> looks = look(wanted, executor);
        return CompletableFuture.allOf(
                        looks.values().stream().map(Look::finding).toArray(CompletableFuture<?>[]::new))
                .thenComposeAsync(done -> takeAll(values, wanted, looks, executor), executor)
                .thenApply(done -> inOrder(distinct, values));
    }

    private CompletableFuture<Void> takeAll(
            Map<K, V> values, List<Wanted<K, V>> wanted, Map<K, Look<V>> looks, Executor executor) {
        List<Wanted<K, V>> open = new ArrayList<>();
        List<Finding<V>> above = new ArrayList<>();
        long now = engine.now();
        for (Wanted<K, V> one : wanted) {
            Look<V> look = looks.get(one.key);
            Finding<V> finding =
                    look == null ? Finding.nothing(0) : look.finding().join();
            Entry<V> entry = finding.entry();
            if (entry != null && look != null && entry.isFreshAt(now)) {
                count(finding, look.own(), true);
                putIfThere(values, one.key, entry.value);
            } else {
                if (look != null) {
                    count(finding, look.own(), false);
                }
                open.add(one);
                above.add(finding);
            }
        }
        if (open.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<Sought> sought = open.stream().map(one -> one.sought).toList();
        return engine.remotes().findDeeper(sought, above, false, executor).thenAccept(findings -> {
            for (int i = 0; i < open.size(); i++) {
                Finding<V> finding = findings.get(i);
                Entry<V> entry = finding.entry();
                if (entry != null && entry.isFreshAt(engine.now())) {
                    engine.remotes().guards().get(finding.depth()).hits.increment();
                    putIfThere(values, open.get(i).key, entry.value);
                    reads.bringUp(open.get(i).key, sought.get(i), above.get(i), finding, executor);
                } else {
                    engine.counters().absent.increment();
                }
            }
        });
    }

    private Map<K, V> inOrder(Set<K> keys, Map<K, V> values) {
        Map<K, V> ordered = new LinkedHashMap<>();
        keys.forEach(key -> putIfThere(ordered, key, values.get(key)));
        return Collections.unmodifiableMap(ordered);
    }
}
