package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Framing.Made;
import io.tiercel.cache.Lives.Life;
import io.tiercel.cache.tier.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls loaders and stores what they bring. Thread-safe. */
final class Loads<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    private final Engine<K, V> engine;
    private final Looks<K, V> looks;

    Loads(Engine<K, V> engine, Looks<K, V> looks) {
        this.engine = engine;
        this.looks = looks;
    }

    /**
     * What is known of a key whose value must be loaded.
     *
     * @param lease the right to store it
     * @param stale the last known value, if any tier had one
     * @param failed remote tiers that did not answer, a bit each
     */
    record Missing<K, V>(K key, Lease lease, @Nullable Entry<V> stale, long failed) {
        String stored() {
            return lease.key();
        }
    }

    /**
     * What a loader brought for one key, and who waits for it.
     *
     * @param again what to do if the first tier refuses the value, since somebody has changed the key meanwhile: what that
     *     holds now is the answer then, or readers who come later could be given something older than this one. Null to
     *     hand out the value all the same
     */
    record Loaded<K, V>(
            Missing<K, V> missing,
            Flight<Answer<V>> flight,
            @Nullable V value,
            @Nullable Duration ttl,
            @Nullable String etag,
            List<String> tags,
            @Nullable Runnable again) {
        Answer<V> answer() {
            return new Answer<>(value, true, !tags.isEmpty());
        }
    }

    /** Who cannot wait for the load may have the stale value. */
    void offerStale(Flight<Answer<V>> flight, Missing<K, V> missing) {
        Entry<V> stale = missing.stale();
        if (stale != null) {
            flight.offer(() -> stale.isUsableAt(engine.time().nanos()) ? Answer.of(stale) : null);
        }
    }

    /**
     * Calls the loader and ends the flight: with its value, with the stale one if it failed, or with its failure.
     *
     * @param permit for the call, given back after it
     * @param on where the loader runs
     * @param again see {@link Loaded}
     */
    void load(
            Flight<Answer<V>> flight,
            Missing<K, V> missing,
            Permit permit,
            ContextLoader<? super K, V> loader,
            Executor on,
            @Nullable Runnable again) {
        engine.leases().keep(missing.lease());
        try {
            on.execute(() -> call(flight, missing, permit, loader, again));
        } catch (RejectedExecutionException e) {
            permit.close();
            refused(flight, missing, e);
        }
    }

    private void call(
            Flight<Answer<V>> flight,
            Missing<K, V> missing,
            Permit permit,
            ContextLoader<? super K, V> loader,
            @Nullable Runnable again) {
        Context<V> context = new Context<>(missing.stale());
        V value;
        long start = engine.time().nanos();
        flight.loadingOn(Thread.currentThread());
        try {
            value = engine.permits().within(permit, () -> loader.load(missing.key(), context));
        } catch (Throwable e) {
            // Whatever it is, it is the callers'; a flight that did not end would leave them waiting for ever.
            flight.loadingOn(null);
            timed(start, true);
            failed(flight, missing, e);
            return;
        }
        flight.loadingOn(null);
        timed(start, false);
        engine.backoffs().forget(missing.stored());
        Loaded<K, V> loaded = new Loaded<>(
                missing, flight, value, context.chosenTtl(), context.newEtag(), context.chosenTags(), again);
        if (context.isToBeStored()) {
            store(List.of(loaded));
        } else {
            engine.leases().release(missing.lease());
            if (engine.freshLocalEntry(missing.key(), engine.now()) != null) {
                engine.forget(missing.key(), missing.stored()); // older than what the caller is given
            }
            engine.loads().end(missing.stored(), flight, loaded.answer());
        }
    }

    void timed(long start, boolean failed) {
        long nanos = engine.time().nanos() - start;
        engine.counters().loadNanos.add(nanos);
        if (failed) {
            engine.counters().loadFailures.increment();
        }
        engine.permits().took(nanos, failed);
        engine.events().load(nanos, failed);
    }

    /** Ends the flight of a key whose loader failed; it is left alone for a moment. */
    void failed(Flight<Answer<V>> flight, Missing<K, V> missing, Throwable cause) {
        engine.backoffs().failed(missing.stored(), cause);
        refused(flight, missing, cause);
    }

    /** Ends the flight of a key whose loader failed now or a moment ago, or could not be called. */
    void refused(Flight<Answer<V>> flight, Missing<K, V> missing, Throwable cause) {
        engine.leases().release(missing.lease());
        Entry<V> stale = missing.stale();
        if (stale != null && stale.isUsableAt(engine.now())) {
            engine.counters().stale.increment();
            engine.loads().end(missing.stored(), flight, Answer.afterFailure(stale));
        } else {
            engine.loads().fail(missing.stored(), flight, forCallers(cause));
        }
    }

    /** Stores what was loaded, and ends its flights; each of them ends, whatever happens. */
    void store(List<Loaded<K, V>> loaded) {
        Set<String> tagNames = new LinkedHashSet<>();
        loaded.forEach(one -> tagNames.addAll(one.tags()));
        CompletableFuture<Map<String, Tag>> known = tagNames.isEmpty()
                ? CompletableFuture.completedFuture(Map.of())
                : engine.tags().known(tagNames).handle((list, error) -> {
                    Map<String, Tag> byName = new LinkedHashMap<>();
                    if (list != null) {
                        list.forEach(tag -> byName.put(tag.name, tag));
                    }
                    return byName;
                });
        var unused = known.thenCompose(tags -> fill(loaded, tags)).whenComplete((done, error) -> {
            if (error != null) {
                LOG.error("cache {}: a loaded value could not be stored", engine.name(), error);
                for (Loaded<K, V> one : loaded) {
                    engine.leases().release(one.missing().lease());
                    engine.loads().end(one.missing().stored(), one.flight(), one.answer());
                }
            }
        });
    }

    private CompletableFuture<Void> fill(List<Loaded<K, V>> loaded, Map<String, Tag> tags) {
        Map<String, Made<V>> made = new LinkedHashMap<>();
        Map<String, Frame> frames = new LinkedHashMap<>();
        Map<String, Ticket> late = new LinkedHashMap<>();
        List<Lease> leases = new ArrayList<>();
        for (Loaded<K, V> one : loaded) {
            Lease lease = one.missing().lease();
            Made<V> result = lease.toBeStored ? make(one, tags) : null;
            if (result != null) {
                made.put(lease.key(), result);
                if (result.frame() != null) {
                    frames.put(lease.key(), result.frame());
                }
            }
            leases.add(lease);
            if (frames.containsKey(lease.key())) {
                engine.ownFills().note(lease.key(), one.missing().key());
            }
            late.put(lease.key(), engine.ticket(lease.key()));
        }
        return filled(loaded, leases, frames).thenAccept(taken -> {
            for (Loaded<K, V> one : loaded) {
                String stored = one.missing().stored();
                Made<V> result = made.get(stored);
                Boolean confirmed = taken.get(stored);
                boolean kept = false;
                if (result != null && !Boolean.FALSE.equals(confirmed)) {
                    // Where the first tier took the value nobody had changed it before, so only what was told since it
                    // was sent counts; else what was told since it was looked for.
                    Ticket ticket =
                            confirmed == null ? one.missing().lease().sought.ticket() : late.get(stored);
                    kept = ticket != null
                            && engine.install(one.missing().key(), stored, result.entry(), ticket, confirmed != null);
                    if (confirmed != null) {
                        engine.detours().settled(stored);
                        one.flight().confirm(requireNonNull(late.get(stored), stored));
                    } else if ((one.missing().failed() & 1) != 0) {
                        engine.detours().note(stored, result.frame());
                    }
                }
                Runnable again = one.again();
                if (Boolean.FALSE.equals(confirmed) && again != null) {
                    engine.forget(one.missing().key(), stored);
                    again.run();
                    continue;
                }
                if (!kept) {
                    // Who has been given this value must not find an older one in L1 afterwards.
                    if (result != null && !Boolean.FALSE.equals(confirmed)) {
                        engine.counters().fillsRefused.increment();
                    }
                    engine.forget(one.missing().key(), stored);
                    if (Boolean.TRUE.equals(confirmed)) {
                        looks.again(one.missing().key(), stored)
                                .run(); // most often it is only our own fill that was told of
                    }
                }
                engine.loads().end(stored, one.flight(), one.answer());
            }
        });
    }

    private CompletableFuture<Map<String, Boolean>> filled(
            List<Loaded<K, V>> loaded, List<Lease> leases, Map<String, Frame> frames) {
        if (engine.remotes().isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        if (engine.leases().on()) {
            return engine.leases().fill(leases, frames);
        }
        Map<String, K> keys = new LinkedHashMap<>();
        Map<String, Long> fences = new LinkedHashMap<>();
        long failed = -1;
        for (Loaded<K, V> one : loaded) {
            keys.put(one.missing().stored(), one.missing().key());
            fences.put(
                    one.missing().stored(),
                    one.missing().lease().sought.ticket().fence());
            failed &= one.missing().failed();
        }
        return engine.unleasedFills()
                .fillAll(frames, failed, engine.claim(keys, fences))
                .thenApply(done -> Map.of());
    }

    /** A loaded value in the forms in which it is stored; null if it is not to be. */
    private @Nullable Made<V> make(Loaded<K, V> loaded, Map<String, Tag> known) {
        CachePolicy policy = engine.policy().get();
        V value = loaded.value();
        if (value == null && !policy.negativeEntries()) {
            return null;
        }
        List<Tag> tags = new ArrayList<>();
        for (String name : loaded.tags()) {
            Tag tag = known.get(name);
            if (tag == null) {
                return null; // whether it was invalidated meanwhile cannot be known
            }
            tags.add(tag);
        }
        Duration ttl = loaded.ttl() == null ? policy.ttl() : loaded.ttl();
        Duration longest = engine.tags().retention().minus(policy.staleLife()).minus(policy.lifeboat());
        Life life = value == null && loaded.ttl() == null
                ? engine.lives().ofNothing(policy)
                : engine.lives().ofValue(policy, !tags.isEmpty() && ttl.compareTo(longest) > 0 ? longest : ttl);
        Lease lease = loaded.missing().lease();
        try {
            return engine.framing()
                    .make(
                            loaded.missing().stored(),
                            value,
                            life,
                            loaded.etag(),
                            engine.provenance(lease, loaded.tags()),
                            tags,
                            lease.stamp);
        } catch (RuntimeException e) {
            // The caller has its value all the same. That it cannot be stored is a defect of the codec, so it is loud.
            LOG.error("cache {}: the codec cannot encode a loaded value; it stays in L1 only", engine.name(), e);
            return new Made<>(engine.framing().unstored(value, life, loaded.etag(), tags, lease.stamp), null);
        }
    }

    /** Checked exceptions get a coat; the others are what the loader threw. */
    private Throwable forCallers(Throwable cause) {
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return cause instanceof RuntimeException || cause instanceof Error
                ? cause
                : new CacheLoadingException(
                        "cache '" + engine.name() + "': the loader failed: " + cause.getMessage(), cause);
    }
}
