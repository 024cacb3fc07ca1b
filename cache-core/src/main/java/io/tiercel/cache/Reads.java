package io.tiercel.cache;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Loads.Missing;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one key is read. Both views come here when L1 had nothing fresh:
 *
 * <ol>
 *   <li>One flight per key. Who comes second waits for the first.
 *   <li>The first looks into L1 once more: the flight before may just have landed.
 *   <li>A ticket is taken before anything is read, so that a write in the meantime is noticed.
 *   <li>The remote tiers are asked, one after the other, in a flight of their own that reads without a loader share.
 *   <li>What they have goes up into the tiers above; what they do not have is loaded and goes into all of them.
 * </ol>
 *
 * <p>Nothing here waits: every step runs on the executor of the reader who leads, which in the blocking view is that
 * reader's own thread. Thread-safe.
 */
final class Reads<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    private final Engine<K, V> engine;
    private final Loads<K, V> loads;

    Reads(Engine<K, V> engine, Loads<K, V> loads) {
        this.engine = engine;
        this.loads = loads;
    }

    /** Why a load is made, which decides what it is counted as. */
    private enum Purpose {
        READ,
        REFRESH
    }

    /**
     * What a look into the remote tiers brought.
     *
     * @param own whether this reader made it, or waited for another's
     */
    private record Look<V>(Finding<V> finding, boolean own) {}

    /** The value, loaded if need be. */
    CompletableFuture<Answer<V>> get(K key, ContextLoader<? super K, V> loader, Executor executor) {
        Entry<V> stale = servedStale(key);
        if (stale != null) {
            refreshBehind(key, loader);
            return CompletableFuture.completedFuture(new Answer<>(stale.value, false));
        }
        Flight<Answer<V>> mine = new Flight<>();
        Flight<Answer<V>> other = engine.loads().join(key, mine);
        if (other != null) {
            other.refuseRecursion(engine.name());
            engine.counters().shared.increment();
            return other.result;
        }
        lead(mine, key, loader, executor, Purpose.READ);
        return mine.result;
    }

    /** L1's entry if it is to be served while it is renewed; before any flight, so that nobody waits for the renewal. */
    private @Nullable Entry<V> servedStale(K key) {
        long window = staleWindow();
        Entry<V> known = window == 0 ? null : engine.localEntry(key);
        if (known == null) {
            return null;
        }
        long now = engine.now();
        if (known.isFreshAt(now) || !known.mayServeWhileRevalidating(now, window)) {
            return null;
        }
        engine.counters().localHits.increment();
        engine.counters().stale.increment();
        return known;
    }

    /** Renews a value that is still being served; nobody waits, and nobody does if somebody is on it already. */
    void refreshBehind(K key, ContextLoader<? super K, V> loader) {
        Flight<Answer<V>> mine = new Flight<>();
        if (engine.loads().join(key, mine) != null) {
            return;
        }
        var unused = mine.result.whenComplete((answer, error) -> {
            if (error != null) {
                LOG.debug("cache {}: a refresh behind failed; the stale value stays", engine.name(), error);
            }
        });
        try {
            engine.executor().execute(() -> lead(mine, key, loader, engine.executor(), Purpose.REFRESH));
        } catch (RejectedExecutionException e) {
            engine.loads().fail(key, mine, e);
        }
    }

    /** Loads whatever the tiers hold. Joins another's load, but not a mere look that found something. */
    CompletableFuture<Answer<V>> refresh(K key, ContextLoader<? super K, V> loader, Executor executor) {
        Flight<Answer<V>> mine = new Flight<>();
        Flight<Answer<V>> other = engine.loads().join(key, mine);
        if (other != null) {
            other.refuseRecursion(engine.name());
            return Futures.whatever(
                    other.result,
                    executor,
                    (answer, error) ->
                            answer != null && answer.loaded() ? other.result : refresh(key, loader, executor));
        }
        guarded(mine, key, () -> {
            Entry<V> known = engine.localEntry(key);
            long ticket = engine.fences().open(key);
            if (known != null || engine.remotes().isEmpty()) {
                load(mine, missing(key, ticket, known, Finding.nothing(0)), loader, Purpose.REFRESH);
            } else {
                then(mine, key, look(key, executor), executor, look -> {
                    load(mine, missing(key, ticket, null, look.finding()), loader, Purpose.REFRESH);
                });
            }
        });
        return mine.result;
    }

    /** The value if a tier has it fresh. */
    CompletableFuture<@Nullable V> getIfPresent(K key, Executor executor) {
        engine.counters().localMisses.increment();
        return look(key, executor).thenApply(look -> {
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

    private void lead(
            Flight<Answer<V>> mine, K key, ContextLoader<? super K, V> loader, Executor executor, Purpose purpose) {
        guarded(mine, key, () -> {
            Entry<V> known = engine.localEntry(key);
            if (known != null && known.isFreshAt(engine.now())) {
                if (purpose == Purpose.READ) {
                    engine.counters().localHits.increment();
                }
                engine.loads().end(key, mine, new Answer<>(known.value, false));
                return;
            }
            if (purpose == Purpose.READ) {
                engine.counters().localMisses.increment();
            }
            long ticket = engine.fences().open(key);
            then(mine, key, look(key, executor), executor, look -> {
                if (!served(mine, key, look, loader, purpose)) {
                    load(mine, missing(key, ticket, known, look.finding()), loader, purpose);
                }
            });
        });
    }

    /** Ends the flight if what the remote tiers have may be served. */
    private boolean served(
            Flight<Answer<V>> mine, K key, Look<V> look, ContextLoader<? super K, V> loader, Purpose purpose) {
        Entry<V> entry = look.finding().entry();
        if (entry == null) {
            return false;
        }
        long now = engine.now();
        boolean fresh = entry.isFreshAt(now);
        boolean renewed = !fresh && purpose == Purpose.READ && entry.mayServeWhileRevalidating(now, staleWindow());
        if (!fresh && !renewed) {
            countStale(look);
            return false;
        }
        if (purpose == Purpose.READ) {
            countHit(look);
        }
        engine.loads().end(key, mine, new Answer<>(entry.value, false));
        if (renewed) {
            engine.counters().stale.increment();
            refreshBehind(key, loader);
        }
        return true;
    }

    long staleWindow() {
        return engine.policy().get().staleWhileRevalidate().toNanos();
    }

    Missing<K, V> missing(K key, long ticket, @Nullable Entry<V> known, Finding<V> finding) {
        Entry<V> found = finding.entry();
        Entry<V> newest = known == null || (found != null && found.bornMillis > known.bornMillis) ? found : known;
        return new Missing<>(key, engine.stored(key), ticket, newest, finding.failed());
    }

    private void load(
            Flight<Answer<V>> mine, Missing<K, V> missing, ContextLoader<? super K, V> loader, Purpose purpose) {
        (purpose == Purpose.READ ? engine.counters().loads : engine.counters().refreshes).increment();
        loads.load(mine, missing, loader);
    }

    /** Asks the remote tiers, or waits for who is asking them already. */
    private CompletableFuture<Look<V>> look(K key, Executor executor) {
        if (engine.remotes().isEmpty()) {
            return CompletableFuture.completedFuture(new Look<>(Finding.nothing(0), true));
        }
        Flight<Finding<V>> mine = new Flight<>();
        Flight<Finding<V>> other = engine.lookups().join(key, mine);
        if (other != null) {
            return other.result.thenApply(finding -> new Look<>(finding, false));
        }
        try {
            long ticket = engine.fences().open(key);
            String stored = engine.stored(key);
            var unused = engine.remotes().find(stored, executor).whenComplete((finding, error) -> {
                if (error != null) {
                    engine.lookups().fail(key, mine, TierGuard.unwrap(error));
                } else {
                    found(key, stored, ticket, finding);
                    engine.lookups().end(key, mine, finding);
                }
            });
        } catch (RuntimeException e) {
            engine.lookups().fail(key, mine, e);
        }
        return mine.result.thenApply(finding -> new Look<>(finding, true));
    }

    /** Copies what was found into the tiers above, unless the key was written or invalidated meanwhile. */
    void found(K key, String stored, long ticket, Finding<V> finding) {
        Entry<V> entry = finding.entry();
        if (entry == null) {
            return;
        }
        if (!engine.install(key, entry, ticket)) {
            engine.counters().fillsRefused.increment();
            return;
        }
        if (engine.local() != null) {
            engine.counters().localPromotions.increment();
        }
        if (entry.isFreshAt(engine.time().nanos())) {
            engine.remotes().promote(stored, finding, engine.claim(key, ticket));
        }
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
    private <T> void then(
            Flight<Answer<V>> flight, K key, CompletableFuture<T> before, Executor executor, Consumer<T> step) {
        var unused = before.thenAcceptAsync(step, executor).whenComplete((done, error) -> {
            if (error != null) {
                engine.loads().fail(key, flight, TierGuard.unwrap(error));
            }
        });
    }

    private void guarded(Flight<Answer<V>> flight, K key, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            engine.loads().fail(key, flight, e);
        }
    }
}
