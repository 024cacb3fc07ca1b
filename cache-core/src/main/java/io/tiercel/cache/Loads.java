package io.tiercel.cache;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.Framing.Made;
import io.tiercel.cache.Lives.Life;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls loaders and stores what they bring. Thread-safe. */
final class Loads<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(TieredCache.class);

    private final Engine<K, V> engine;

    Loads(Engine<K, V> engine) {
        this.engine = engine;
    }

    /**
     * What is known of a key whose value must be loaded.
     *
     * @param ticket taken before anything was read
     * @param stale the last known value, if any tier had one
     * @param failed remote tiers that did not answer, a bit each
     */
    record Missing<K, V>(
            K key, String stored, long ticket, @Nullable Entry<V> stale, long failed) {}

    /**
     * Calls the loader on this thread and ends the flight: with its value, with the stale one if it failed, or with its
     * failure.
     */
    void load(Flight<Answer<V>> flight, Missing<K, V> missing, ContextLoader<? super K, V> loader) {
        Context<V> context = new Context<>(missing.stale());
        V value;
        long start = engine.time().nanos();
        flight.loadingOn(Thread.currentThread());
        try {
            value = loader.load(missing.key(), context);
        } catch (Throwable e) {
            // Whatever it is, it is the callers'; a flight that did not end would leave them waiting for ever.
            flight.loadingOn(null);
            timed(start, true);
            failed(flight, missing, e);
            return;
        }
        flight.loadingOn(null);
        timed(start, false);
        store(flight, missing, value, context);
    }

    void timed(long start, boolean failed) {
        long nanos = engine.time().nanos() - start;
        engine.counters().loadNanos.add(nanos);
        if (failed) {
            engine.counters().loadFailures.increment();
        }
        engine.events().load(nanos, failed);
    }

    /** Ends the flight of a key whose loader failed. */
    void failed(Flight<Answer<V>> flight, Missing<K, V> missing, Throwable cause) {
        Entry<V> stale = missing.stale();
        if (stale != null && stale.isUsableAt(engine.now())) {
            engine.counters().stale.increment();
            engine.loads().end(missing.key(), flight, new Answer<>(stale.value, true));
        } else {
            engine.loads().fail(missing.key(), flight, forCallers(cause));
        }
    }

    private void store(Flight<Answer<V>> flight, Missing<K, V> missing, @Nullable V value, Context<V> context) {
        Answer<V> answer = new Answer<>(value, true);
        Made<V> made = context.isToBeStored() ? make(missing, value, context.chosenTtl(), context.newEtag()) : null;
        if (made == null) {
            engine.loads().end(missing.key(), flight, answer);
            return;
        }
        CompletableFuture<Void> filled = made.frame() == null
                ? CompletableFuture.completedFuture(null)
                : engine.remotes()
                        .fill(
                                missing.stored(),
                                made.frame(),
                                missing.failed(),
                                engine.claim(missing.key(), missing.ticket()));
        var unused = filled.whenComplete((done, error) -> {
            install(missing, made.entry());
            engine.loads().end(missing.key(), flight, answer);
        });
    }

    void install(Missing<K, V> missing, Entry<V> entry) {
        if (!engine.install(missing.key(), entry, missing.ticket())) {
            engine.counters().fillsRefused.increment();
        }
    }

    /** A loaded value in the forms in which it is stored; null if the policy wants no memory of there being none. */
    @Nullable
    Made<V> make(Missing<K, V> missing, @Nullable V value, @Nullable Duration ttl, @Nullable String etag) {
        CachePolicy policy = engine.policy().get();
        if (value == null && !policy.negativeEntries()) {
            return null;
        }
        Life life = value == null && ttl == null
                ? engine.lives().ofNothing(policy)
                : engine.lives().ofValue(policy, ttl == null ? policy.ttl() : ttl);
        try {
            return engine.framing().make(missing.stored(), value, life, etag);
        } catch (RuntimeException e) {
            // The caller has its value all the same. That it cannot be stored is a defect of the codec, so it is loud.
            LOG.error("cache {}: the codec cannot encode a loaded value; it stays in L1 only", engine.name(), e);
            return new Made<>(engine.framing().unstored(value, life, etag), null);
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
