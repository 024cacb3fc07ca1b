package io.tiercel.sidecar.keyspace;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy;
import io.tiercel.cache.tier.Section;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * L1: copies of what Redis holds, for as long as its change feed vouches for them.
 *
 * <p>Whoever reads from Redis takes a ticket of the key first and hands it in with what he read; a change moves the
 * counter that the ticket is of, and what was read before it is not kept. Counters are striped, so a change now and then
 * costs a neighbour its copy.
 *
 * <p>Copies whose end has come are kept for a while, to be served when Redis is away; Caffeine drops them when there is no
 * room. Thread-safe; a look takes no lock and makes no object.
 */
public final class LocalCopies {
    private static final int STRIPES = 16_384;

    private final Cache<Key, Copy> cache;
    private final Policy.Eviction<Key, Copy> eviction;
    private final AtomicIntegerArray fences = new AtomicIntegerArray(STRIPES);
    private final long maximumBytes;
    private final LongAdder changes = new LongAdder();

    /** @param staleNanos how long a copy is kept behind its end */
    LocalCopies(long maximumBytes, long staleNanos) {
        this.maximumBytes = maximumBytes;
        this.cache = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumWeight(maximumBytes)
                .weigher((Key key, Copy copy) -> copy.weight(key))
                .expireAfter(Expiry.<Key, Copy>writing((key, copy) ->
                        java.time.Duration.ofNanos(Math.max(1, copy.end() - copy.readAt() + staleNanos))))
                .build();
        this.eviction = cache.policy().eviction().orElseThrow();
    }

    /** What is kept of the key, whatever its end says. */
    @Nullable
    Copy find(Key key) {
        return cache.getIfPresent(key);
    }

    /** The copy, if it is what Redis holds. */
    @Nullable
    Copy fresh(Key key, long now) {
        Copy copy = cache.getIfPresent(key);
        return copy != null && copy.isFresh(now) ? copy : null;
    }

    /** To be taken before Redis is asked. */
    int ticket(Key key) {
        return fences.get(stripe(key));
    }

    /** Keeps the copy unless the key has changed since the ticket was taken. */
    boolean keep(Key key, int ticket, Copy copy) {
        int stripe = stripe(key);
        Copy now = cache.asMap().compute(key, (k, old) -> fences.get(stripe) == ticket ? copy : old);
        return now == copy;
    }

    /** The key has changed, or is about to. */
    void changed(Key key) {
        fences.incrementAndGet(stripe(key));
        cache.invalidate(key);
        changes.increment();
    }

    /** All keys have changed. */
    void changedAll() {
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            fences.incrementAndGet(stripe);
        }
        cache.invalidateAll();
    }

    /** How many changes of keys have been told. */
    public long changes() {
        return changes.sum();
    }

    /** How many keys there are. */
    public long entries() {
        return cache.estimatedSize();
    }

    /** How many bytes they take. */
    public long bytes() {
        return eviction.weightedSize().orElse(0);
    }

    /** How many bytes they may take. */
    public long maximumBytes() {
        return maximumBytes;
    }

    /** Keys with a value, the hottest first. */
    public List<Key> hottest(int limit) {
        return eviction.hottest(limit).entrySet().stream()
                .filter(entry -> entry.getValue().framed() != null)
                .map(java.util.Map.Entry::getKey)
                .toList();
    }

    /** What Redis held, of a section, as it was read at that moment. */
    static Copy copy(
            byte @Nullable [] framed, long ttlNanos, long mostNanos, long readAt, Section section, long epoch) {
        long expires = ttlNanos < 0 ? Long.MAX_VALUE : readAt + ttlNanos;
        long end = readAt + (ttlNanos < 0 ? mostNanos : Math.min(ttlNanos, mostNanos));
        return new Copy(framed, end, expires, readAt, section, epoch);
    }

    private static int stripe(Key key) {
        return (key.hashCode() * 0x9E3779B9) >>> 18;
    }
}
