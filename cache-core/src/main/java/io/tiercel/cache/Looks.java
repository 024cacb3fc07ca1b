package io.tiercel.cache;

import io.tiercel.cache.Flights.Flight;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Looks of single keys into the first remote tier, one at a time for each key, and what becomes of what they find.
 * Thread-safe.
 */
final class Looks<K, V> {
    private final Engine<K, V> engine;

    Looks(Engine<K, V> engine) {
        this.engine = engine;
    }

    /**
     * What a look brought.
     *
     * @param own whether this reader made it, or waited for another's
     */
    record Look<V>(Sought sought, Finding<V> finding, boolean own) {}

    /** Asks the first remote tier, or waits for who is asking it already. */
    CompletableFuture<Look<V>> look(K key, String stored, Executor executor) {
        Sought sought = engine.sought(stored);
        if (engine.remotes().isEmpty()) {
            return CompletableFuture.completedFuture(new Look<>(sought, Finding.nothing(0), true));
        }
        if (engine.repairs().isPending(stored)) {
            Finding<V> nothing = Finding.nothing(engine.remotes().all());
            return CompletableFuture.completedFuture(new Look<>(sought, nothing, true));
        }
        Flight<Finding<V>> mine = new Flight<>(sought.ticket());
        Flight<Finding<V>> other = engine.joinLook(stored, mine);
        if (other != null) {
            return other.result.thenApply(finding -> new Look<>(sought, finding, false));
        }
        ask(key, sought, mine, true, executor);
        return mine.result.thenApply(finding -> new Look<>(sought, finding, true));
    }

    /** @param counted whether a miss is counted */
    private void ask(K key, Sought sought, Flight<Finding<V>> mine, boolean counted, Executor executor) {
        try {
            var unused = engine.remotes().findFirst(sought, counted, executor).whenComplete((finding, error) -> {
                if (error != null) {
                    engine.lookups().fail(sought.key(), mine, TierGuard.unwrap(error));
                } else {
                    landed(key, sought, finding, true);
                    engine.lookups().end(sought.key(), mine, finding);
                }
            });
        } catch (RuntimeException e) {
            engine.lookups().fail(sought.key(), mine, e);
        }
    }

    /**
     * Copies what was found into L1, unless the key was written or invalidated meanwhile.
     *
     * @param backed whether the first tier has it
     */
    void landed(K key, Sought sought, Finding<V> finding, boolean backed) {
        Entry<V> entry = finding.entry();
        if (entry == null) {
            return;
        }
        if (!engine.install(key, sought.key(), entry, sought.ticket(), backed)) {
            engine.counters().fillsRefused.increment();
            return;
        }
        if (engine.local() != null) {
            engine.counters().localPromotions.increment();
        }
        if (!engine.leases().on() && entry.isFreshAt(engine.time().nanos())) {
            engine.unleasedFills().promote(sought.key(), finding, engine.claim(key, sought));
        }
    }

    /**
     * A change to a key was told of that was filled here a moment ago, which may have been that. Runs on a client's thread.
     *
     * @return looks again, which readers already wait for; to be run when L1 has forgotten the key, or that would take away
     *     what was found
     */
    Runnable again(String stored) {
        K key = engine.local() == null ? null : engine.ownFills().recent(stored);
        return key == null ? () -> {} : again(key, stored);
    }

    /** As above for a key whose value was just stored, but not here. */
    Runnable again(K key, String stored) {
        if (engine.local() == null
                || engine.remotes().isEmpty()
                || engine.repairs().isPending(stored)) {
            return () -> {};
        }
        Sought sought = engine.sought(stored);
        Flight<Finding<V>> mine = new Flight<>(sought.ticket());
        @Nullable Flight<Finding<V>> other = engine.joinLook(stored, mine);
        return other == null ? () -> ask(key, sought, mine, false, engine.executor()) : () -> {};
    }
}
