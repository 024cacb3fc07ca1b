package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.Backoffs.Failure;
import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Leases.Ask;
import io.tiercel.cache.Leases.Verdict;
import io.tiercel.cache.Loads.Missing;
import io.tiercel.cache.Looks.Look;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one key is read. Both views come here when L1 had nothing that may be used:
 *
 * <ol>
 *   <li>One flight per key. Who comes second waits for the first.
 *   <li>The first looks into L1 once more: the flight before may just have landed.
 *   <li>A ticket is taken before anything is read, so that a change in the meantime is noticed.
 *   <li>The first remote tier is asked, in a flight of its own that reads without a loader share.
 *   <li>What it does not have is this reader's to get, or another's in whatever process: {@link Leases} says which. It
 *       comes from a deeper tier or from the loader, and goes into all tiers above.
 * </ol>
 *
 * <p>Nothing here waits: every step runs on the executor of the reader who leads, which in the blocking view is that
 * reader's own thread. Thread-safe.
 */
final class Reads<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    /** How often a reader loads whose loads are overtaken by writes; what the last one brings is handed out. */
    private static final int MOST_LOADS = 3;

    private final Engine<K, V> engine;
    private final Looks<K, V> looks;
    private final Loads<K, V> loads;

    Reads(Engine<K, V> engine, Looks<K, V> looks, Loads<K, V> loads) {
        this.engine = engine;
        this.looks = looks;
        this.loads = loads;
    }

    /** Why a load is made, which decides what it is counted as and what will do instead. */
    private enum Purpose {
        /** Somebody waits for the value. */
        READ,
        /** Somebody waits, and has been counted already. */
        READ_AGAIN,
        /** A stale value is renewed; that somebody else has done it will do. */
        RENEWAL,
        /** A value that is still fresh is renewed; as above. */
        AHEAD,
        /** Somebody asked for a load, whatever there is. */
        REFRESH
    }

    /** One read on its way. */
    private static final class Errand<K, V> {
        final K key;
        final String stored;
        final Flight<Answer<V>> flight;
        final ContextLoader<? super K, V> loader;
        final Executor executor;
        Purpose purpose;
        final long began;

        @Nullable
        Entry<V> known;

        int looks;
        int loads;

        /** Got by waiting, and to be used by the next load. */
        @Nullable
        Permit permit;

        Errand(
                K key,
                String stored,
                Flight<Answer<V>> flight,
                ContextLoader<? super K, V> loader,
                Executor executor,
                Purpose purpose) {
            this.key = key;
            this.stored = stored;
            this.flight = flight;
            this.loader = loader;
            this.executor = executor;
            this.purpose = purpose;
            this.began = flight.asOf().taken();
        }

        /** Whether nobody waits for it. */
        boolean isBehind() {
            return purpose == Purpose.RENEWAL || purpose == Purpose.AHEAD;
        }

        void keepUntilEnd(Permit got) {
            permit = got;
            var unused = flight.result.whenComplete((answer, error) -> dropPermit());
        }

        void dropPermit() {
            Permit unused = takePermit();
            if (unused != null) {
                unused.close();
            }
        }

        @Nullable
        Permit takePermit() {
            Permit taken = permit;
            permit = null;
            return taken;
        }
    }

    /** The value, loaded if need be. */
    CompletableFuture<Answer<V>> get(K key, ContextLoader<? super K, V> loader, Executor executor) {
        Entry<V> stale = servedStale(key);
        if (stale != null) {
            renewBehind(key, loader);
            return CompletableFuture.completedFuture(Answer.of(stale));
        }
        return fly(key, engine.stored(key), loader, executor, Purpose.READ);
    }

    private CompletableFuture<Answer<V>> fly(
            K key, String stored, ContextLoader<? super K, V> loader, Executor executor, Purpose purpose) {
        Ticket joined = engine.ticket(stored);
        Flight<Answer<V>> mine = new Flight<>(joined);
        Flight<Answer<V>> other = engine.loads().join(stored, mine, flight -> !flight.isQueuedBehind());
        if (other == null) {
            CompletableFuture<Answer<V>> answer = engine.patience().limit(stored, mine, mine.result, true);
            lead(new Errand<>(key, stored, mine, loader, executor, purpose));
            return answer;
        }
        other.refuseRecursion(engine.name());
        if (purpose == Purpose.READ) {
            engine.counters().shared.increment();
        }
        CompletableFuture<Answer<V>> answer = passenger(other, joined, () -> again(key, loader, executor), executor);
        return engine.patience().limit(stored, other, answer, false);
    }

    /** What another's flight brings, or what the next one does if that is too old for who joined it late. */
    CompletableFuture<Answer<V>> passenger(
            Flight<Answer<V>> other,
            Ticket joined,
            java.util.function.Supplier<CompletableFuture<Answer<V>>> again,
            Executor executor) {
        CompletableFuture<Answer<V>> mine = new CompletableFuture<>();
        var unused = other.result.whenComplete((answer, error) -> {
            if (error != null) {
                mine.completeExceptionally(error);
            } else if (engine.isGoodFor(other, answer, joined)) {
                mine.complete(answer);
            } else {
                executor.execute(() -> {
                    try {
                        var unusedToo = again.get().whenComplete((second, failure) -> {
                            if (failure == null) {
                                mine.complete(second);
                            } else {
                                mine.completeExceptionally(failure);
                            }
                        });
                    } catch (RuntimeException e) {
                        mine.completeExceptionally(e);
                    }
                });
            }
        });
        return mine;
    }

    /** For who has waited, and been counted, in vain. */
    CompletableFuture<Answer<V>> again(K key, ContextLoader<? super K, V> loader, Executor executor) {
        Entry<V> landed = engine.freshLocalEntry(key, engine.now());
        return landed != null
                ? CompletableFuture.completedFuture(Answer.of(landed))
                : fly(key, engine.stored(key), loader, executor, Purpose.READ_AGAIN);
    }

    /** L1's entry if it is to be served while it is renewed; before any flight, so that nobody waits for the renewal. */
    private @Nullable Entry<V> servedStale(K key) {
        long window = staleWindow();
        Entry<V> known = window == 0 ? null : engine.localEntry(key);
        if (known == null) {
            return null;
        }
        long now = engine.now();
        if (known.isFreshAt(now) || !known.mayServeWhileRevalidating(now, window) || !engine.trusts(known, now)) {
            return null;
        }
        engine.counters().localHits.increment();
        engine.counters().stale.increment();
        return known;
    }

    /** Renews a value that is still being served; nobody waits, and nobody does if somebody is on it already. */
    void renewBehind(K key, ContextLoader<? super K, V> loader) {
        renew(key, loader, Purpose.RENEWAL);
    }

    /** Renews a value before its end, as {@link #renewBehind}. */
    void renewAhead(K key, ContextLoader<? super K, V> loader) {
        renew(key, loader, Purpose.AHEAD);
    }

    private void renew(K key, ContextLoader<? super K, V> loader, Purpose purpose) {
        String stored = engine.stored(key);
        Flight<Answer<V>> mine = new Flight<>(engine.ticket(stored));
        if (engine.loads().join(stored, mine) != null) {
            return;
        }
        var unused = mine.result.whenComplete((answer, error) -> {
            if (error != null) {
                LOG.debug("cache {}: a renewal behind failed; the stale value stays", engine.name(), error);
            }
        });
        try {
            engine.executor().execute(() -> lead(new Errand<>(key, stored, mine, loader, engine.executor(), purpose)));
        } catch (RejectedExecutionException e) {
            engine.loads().fail(stored, mine, e);
        }
    }

    /** Loads whatever the tiers hold. Joins another's load, but not a mere look that found something. */
    CompletableFuture<Answer<V>> refresh(K key, ContextLoader<? super K, V> loader, Executor executor) {
        String stored = engine.stored(key);
        Ticket joined = engine.ticket(stored);
        Flight<Answer<V>> mine = new Flight<>(joined);
        Flight<Answer<V>> other = engine.loads().join(stored, mine);
        if (other != null) {
            other.refuseRecursion(engine.name());
            CompletableFuture<Answer<V>> answer = Futures.whatever(
                    other.result,
                    executor,
                    (shared, error) -> shared != null && shared.loaded() && engine.isGoodFor(other, shared, joined)
                            ? other.result
                            : refresh(key, loader, executor));
            return engine.patience().limit(stored, other, answer, false);
        }
        CompletableFuture<Answer<V>> answer = engine.patience().limit(stored, mine, mine.result, true);
        Errand<K, V> errand = new Errand<>(key, stored, mine, loader, executor, Purpose.REFRESH);
        guarded(errand, () -> {
            errand.known = fallBack(key);
            pursue(errand);
        });
        return answer;
    }

    /** The value if a tier has it fresh. */
    CompletableFuture<@Nullable V> getIfPresent(K key, Executor executor) {
        engine.counters().localMisses.increment();
        String stored = engine.stored(key);
        return looks.look(key, stored, executor)
                .thenCompose(look -> deeper(key, look, executor))
                .thenApply(look -> {
                    Entry<V> entry = look.finding().entry();
                    if (entry == null || !entry.isFreshAt(engine.now())) {
                        countStale(look);
                        engine.counters().absent.increment();
                        return null;
                    }
                    countHit(look);
                    return entry.value;
                });
    }

    private CompletableFuture<Look<V>> deeper(K key, Look<V> look, Executor executor) {
        if (look.finding().isFreshAt(engine.now()) || engine.remotes().guards().size() < 2) {
            return CompletableFuture.completedFuture(look);
        }
        return engine.remotes()
                .findDeeper(List.of(look.sought()), List.of(look.finding()), false, executor)
                .thenApply(findings -> {
                    Finding<V> finding = findings.get(0);
                    if (finding.isFreshAt(engine.now())) {
                        bringUp(key, look.sought(), look.finding(), finding, executor);
                    }
                    return new Look<>(look.sought(), finding, true);
                });
    }

    /** Copies upwards what a reader without a loader found; nobody waits for it. */
    void bringUp(K key, Sought sought, Finding<V> first, Finding<V> found, Executor executor) {
        if (!engine.leases().on()) {
            looks.landed(key, sought, found, false);
            return;
        }
        var unused = engine.leases()
                .ask(List.of(new Ask<>(sought, first)), engine.executor())
                .thenAccept(verdicts -> {
                    if (verdicts.get(0) instanceof Verdict.Found<V> up) {
                        looks.landed(key, sought, up.finding(), up.backed());
                    } else if (verdicts.get(0) instanceof Verdict.Load<V> load) {
                        engine.leases().release(load.lease());
                    }
                });
    }

    private void lead(Errand<K, V> errand) {
        guarded(errand, () -> {
            Entry<V> fresh = engine.freshLocalEntry(errand.key, engine.now());
            if (fresh != null && errand.purpose != Purpose.AHEAD) {
                if (errand.purpose == Purpose.READ) {
                    engine.counters().localHits.increment();
                }
                engine.loads().end(errand.stored, errand.flight, Answer.of(fresh));
                return;
            }
            if (errand.purpose == Purpose.READ) {
                engine.counters().localMisses.increment();
            }
            errand.known = fallBack(errand.key);
            pursue(errand);
        });
    }

    /** What L1 has to fall back on: beyond the bound of staleness only where stale values were asked for. */
    @Nullable
    Entry<V> fallBack(K key) {
        Entry<V> known = engine.localEntry(key);
        return known == null
                        || engine.trusts(known, engine.now())
                        || !engine.policy().get().staleIfError().isZero()
                ? known
                : null;
    }

    /** Looks into the first tier, and does what has to be done. */
    private void pursue(Errand<K, V> errand) {
        if (engine.remotes().isEmpty()) {
            Sought sought = engine.sought(errand.stored);
            errand.flight.readFrom(sought.ticket());
            Lease lease = Lease.plain(sought, 0, engine.tags().stamp());
            load(errand, lease, Finding.nothing(0));
            return;
        }
        then(errand, looks.look(errand.key, errand.stored, errand.executor), look -> {
            errand.flight.readFrom(look.sought().ticket());
            if (!served(errand, look)) {
                decide(errand, look);
            }
        });
    }

    private void decide(Errand<K, V> errand, Look<V> look) {
        boolean renew = errand.purpose == Purpose.REFRESH || errand.purpose == Purpose.AHEAD;
        if (engine.repairs().isPending(errand.stored)) {
            // What the tiers hold may be older than what was written here; so nothing is put beside it either.
            load(
                    errand,
                    Lease.of(
                            look.sought(),
                            engine.remotes().guards().size(),
                            engine.tags().stamp()),
                    Finding.nothing(engine.remotes().all()));
            return;
        }
        then(
                errand,
                engine.leases().ask(List.of(new Ask<>(look.sought(), look.finding())), renew, errand.executor),
                verdicts -> {
                    Verdict<V> verdict = verdicts.get(0);
                    if (verdict instanceof Verdict.Found<V> found) {
                        found(errand, look.sought(), found.finding(), found.backed());
                    } else if (verdict instanceof Verdict.Load<V> load) {
                        load(errand, load.lease(), load.finding());
                    } else if (verdict instanceof Verdict.Wait<V> wait) {
                        wait(errand, look, wait);
                    }
                });
    }

    private void found(Errand<K, V> errand, Sought sought, Finding<V> finding, boolean backed) {
        Entry<V> entry = finding.entry();
        if (entry == null) {
            throw new IllegalStateException("found nothing");
        }
        looks.landed(errand.key, sought, finding, backed);
        if (finding.failedAt(0)) {
            engine.detours().note(errand.stored, finding.frame());
        }
        if (errand.purpose == Purpose.READ) {
            engine.remotes().guards().get(finding.depth()).hits.increment();
        }
        engine.loads().end(errand.stored, errand.flight, Answer.of(entry));
    }

    /** Somebody else loads: his value will do, or meanwhile the last one. */
    private void wait(Errand<K, V> errand, Look<V> look, Verdict.Wait<V> wait) {
        long now = engine.now();
        Entry<V> good = errand.known;
        if (errand.purpose == Purpose.AHEAD && good != null) {
            engine.loads().end(errand.stored, errand.flight, Answer.of(good)); // somebody else is on it
            return;
        }
        Entry<V> stale =
                wait.finding().entry() == null ? errand.known : wait.finding().entry();
        boolean servable = stale != null
                && !stale.expired
                && stale.isUsableAt(now)
                && (stale != errand.known || engine.trusts(stale, now));
        if (!wait.now() && servable && stale != null && errand.purpose != Purpose.REFRESH) {
            if (errand.purpose == Purpose.READ) {
                engine.counters().stale.increment();
                if (stale == errand.known) {
                    engine.counters().localHits.increment();
                } else {
                    countHit(look);
                }
            }
            engine.loads().end(errand.stored, errand.flight, Answer.of(stale));
            return;
        }
        if (now - errand.began > engine.leases().longestWait()) {
            load(errand, Lease.none(look.sought(), engine.remotes().guards().size()), wait.finding());
            return;
        }
        errand.dropPermit(); // somebody else may need it meanwhile
        if (errand.looks == 0 && !wait.now() && errand.purpose != Purpose.REFRESH && engine.hasLifeboat()) {
            errand.looks++;
            then(errand, lifeboat(look.sought(), wait.finding(), errand.executor), found -> {
                if (found == null) {
                    pause(errand, wait);
                    return;
                }
                engine.counters().stale.increment();
                if (errand.purpose == Purpose.READ) {
                    engine.remotes().guards().get(found.depth()).hits.increment();
                }
                Entry<V> old = found.entry();
                engine.loads().end(errand.stored, errand.flight, Answer.of(requireNonNull(old)));
            });
            return;
        }
        pause(errand, wait);
    }

    /** What a deeper tier has kept beyond its life; null if nothing of use. */
    private CompletableFuture<@Nullable Finding<V>> lifeboat(Sought sought, Finding<V> above, Executor executor) {
        return engine.remotes()
                .findDeeper(List.of(sought), List.of(above), false, executor)
                .thenApply(findings -> {
                    Entry<V> entry = findings.get(0).entry();
                    return entry != null && !entry.expired && entry.isUsableAt(engine.now()) ? findings.get(0) : null;
                });
    }

    private void pause(Errand<K, V> errand, Verdict.Wait<V> wait) {
        CompletableFuture<Void> pause = wait.now() && errand.looks < 3
                ? CompletableFuture.completedFuture(null)
                : engine.waiters().next(errand.stored, errand.looks);
        errand.looks++;
        engine.counters().waited.increment();
        then(errand, pause, x -> pursue(errand));
    }

    /** Ends the flight if what the first tier has may be served. */
    private boolean served(Errand<K, V> errand, Look<V> look) {
        Entry<V> entry = look.finding().entry();
        if (entry == null || errand.purpose == Purpose.REFRESH) {
            return false;
        }
        long now = engine.now();
        boolean fresh = entry.isFreshAt(now);
        if (errand.purpose == Purpose.AHEAD && !isRenewed(entry, errand.known)) {
            return false;
        }
        boolean renewed = !fresh && !errand.isBehind() && entry.mayServeWhileRevalidating(now, staleWindow());
        if (!fresh && !renewed) {
            countStale(look);
            return false;
        }
        if (errand.purpose == Purpose.READ) {
            countHit(look);
        }
        engine.loads().end(errand.stored, errand.flight, Answer.of(entry));
        if (renewed) {
            engine.counters().stale.increment();
            renewBehind(errand.key, errand.loader);
        }
        return true;
    }

    /** Whether somebody else has been faster. */
    private static boolean isRenewed(Entry<?> found, @Nullable Entry<?> known) {
        return known != null && found.bornMillis > known.bornMillis;
    }

    long staleWindow() {
        return engine.policy().get().staleWhileRevalidate().toNanos();
    }

    Missing<K, V> missing(K key, Lease lease, @Nullable Entry<V> known, Finding<V> finding) {
        Entry<V> found = finding.entry();
        Entry<V> newest = known == null || (found != null && found.bornMillis > known.bornMillis) ? found : known;
        return new Missing<>(key, lease, newest, finding.failed());
    }

    private void load(Errand<K, V> errand, Lease lease, Finding<V> finding) {
        Missing<K, V> missing = missing(errand.key, lease, errand.known, finding);
        loads.offerStale(errand.flight, missing);
        Failure failed =
                errand.purpose == Purpose.REFRESH ? null : engine.backoffs().current(errand.stored);
        if (failed != null) {
            engine.counters().loadsBackedOff.increment();
            refused(errand, missing, failed.cause());
            return;
        }
        boolean background = errand.isBehind();
        Permit waitedFor = errand.takePermit();
        Permit permit = waitedFor == null ? engine.permits().tryAcquire(background) : waitedFor;
        if (permit == null) {
            queue(errand, missing, background);
            return;
        }
        (errand.purpose == Purpose.READ ? engine.counters().loads : engine.counters().refreshes).increment();
        errand.loads++;
        boolean last = errand.loads == MOST_LOADS || background;
        loads.load(
                errand.flight,
                missing,
                permit,
                errand.loader,
                engine.loaderExecutor(errand.executor),
                last ? null : () -> overtaken(errand));
    }

    /** For who is not served by a loader, and is counted as that unless he has been counted before. */
    private void refused(Errand<K, V> errand, Missing<K, V> missing, Throwable cause) {
        if (errand.purpose == Purpose.READ) {
            engine.counters().refused.increment();
        }
        loads.refused(errand.flight, missing, cause);
    }

    /**
     * Waits for a permit and then begins again with the tiers: while many wait for the source, somebody else may have
     * brought the value, and the lease is left to who has a permit.
     */
    private void queue(Errand<K, V> errand, Missing<K, V> missing, boolean background) {
        engine.leases().release(missing.lease());
        errand.flight.queuedBehind(background);
        CompletableFuture<Permit> acquired = engine.permits().acquire(background);
        var unused = acquired.handleAsync(
                        (permit, error) -> {
                            if (permit == null) {
                                refused(errand, missing, TierGuard.unwrap(requireNonNull(error, "error")));
                                return null;
                            }
                            errand.flight.queuedBehind(false);
                            errand.keepUntilEnd(permit);
                            Entry<V> landed = engine.freshLocalEntry(errand.key, engine.now());
                            if (landed != null
                                    && errand.purpose != Purpose.REFRESH
                                    && errand.purpose != Purpose.AHEAD) {
                                if (errand.purpose == Purpose.READ) {
                                    engine.counters().shared.increment();
                                }
                                engine.loads().end(errand.stored, errand.flight, Answer.of(landed));
                            } else {
                                pursue(errand);
                            }
                            return null;
                        },
                        errand.executor)
                .whenComplete((done, error) -> {
                    if (error != null) {
                        engine.loads().fail(errand.stored, errand.flight, TierGuard.unwrap(error));
                        var unusedToo = acquired.thenAccept(Permit::close);
                    }
                });
    }

    /** What was loaded may be older than what has happened since, or newer than what the first tier has. */
    private void overtaken(Errand<K, V> errand) {
        if (errand.purpose == Purpose.READ) {
            errand.purpose = Purpose.READ_AGAIN;
        }
        then(errand, CompletableFuture.completedFuture(null), x -> pursue(errand));
    }

    /** Goes on with a flight whose load was overtaken; it has been counted. */
    void resume(Flight<Answer<V>> flight, K key, String stored, ContextLoader<? super K, V> loader, Executor executor) {
        Errand<K, V> errand = new Errand<>(key, stored, flight, loader, executor, Purpose.READ_AGAIN);
        errand.loads = 1;
        overtaken(errand);
    }

    private void countHit(Look<V> look) {
        if (look.own()) {
            engine.remotes().guards().get(look.finding().depth()).hits.increment();
        } else {
            engine.counters().shared.increment();
        }
    }

    /** A tier that had only a stale value was asked in vain. */
    private void countStale(Look<V> look) {
        if (look.own() && look.finding().entry() != null) {
            engine.remotes().guards().get(look.finding().depth()).misses.increment();
        }
    }

    /** Goes on on the executor; whatever goes wrong ends the flight, or its passengers would wait for ever. */
    private <T> void then(Errand<K, V> errand, CompletableFuture<T> before, Consumer<T> step) {
        var unused = before.thenAcceptAsync(step, errand.executor).whenComplete((done, error) -> {
            if (error != null) {
                engine.loads().fail(errand.stored, errand.flight, TierGuard.unwrap(error));
            }
        });
    }

    private void guarded(Errand<K, V> errand, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            engine.loads().fail(errand.stored, errand.flight, e);
        }
    }
}
