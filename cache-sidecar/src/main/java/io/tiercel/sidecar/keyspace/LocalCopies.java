package io.tiercel.sidecar.keyspace;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy;
import io.tiercel.cache.tier.Section;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * L1: copies of what Redis holds, for as long as its change feed vouches for them.
 *
 * <p>Whoever reads from Redis takes a ticket of the key first and hands it in with what he read; a change moves the
 * counter that the ticket is of, and what was read before it is not kept. Counters are striped, so a change now and then
 * costs a neighbour its copy.
 *
 * <p>While a write of a key is under way nothing of it is kept: a client that sent the write and reads behind it, before
 * it has the answer, would find what another connection has just read from before the write.
 *
 * <p>Reads that go to Redis over different connections may come back in another order than they were done in. So that no
 * client is given an older value than it was given before, whatever was given out from Redis is noted, by stripe: a value
 * that was read before another one was given out is not kept, and a copy that Redis' own answer differs from is dropped.
 *
 * <p>Copies whose end has come are kept for a while, to be served when Redis is away; Caffeine drops them when there is no
 * room. Thread-safe; a look takes no lock and makes no object.
 */
public final class LocalCopies {
    private static final int STRIPES = 16_384;
    /** More of them, as every read of Redis moves one. */
    private static final int GIVEN_STRIPES = 1 << 16;

    private final Cache<Key, Copy> cache;
    private final Policy.Eviction<Key, Copy> eviction;
    private final AtomicIntegerArray fences = new AtomicIntegerArray(STRIPES);
    /** How many writes are under way. */
    private final AtomicIntegerArray writing = new AtomicIntegerArray(STRIPES);
    /** What was given out last: a hash of it in the lower half, in the upper one how often that has become another. */
    private final AtomicLongArray given = new AtomicLongArray(GIVEN_STRIPES);
    /** How many copies are just being kept. */
    private final AtomicIntegerArray keeping = new AtomicIntegerArray(STRIPES);

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

    /**
     * What was known of a key before Redis was asked.
     *
     * @param fence counts changes
     * @param given what had been given out
     */
    record Ticket(int fence, long given) {}

    /** To be taken before Redis is asked. */
    Ticket ticket(Key key) {
        return new Ticket(fences.get(stripe(key)), given.get(givenStripe(key)));
    }

    /** Tickets of all keys, taken at one moment. */
    final class Tickets {
        private final int[] fences = new int[STRIPES];
        private final long[] given = new long[GIVEN_STRIPES];

        private Tickets() {
            for (int i = 0; i < STRIPES; i++) {
                fences[i] = LocalCopies.this.fences.get(i);
            }
            for (int i = 0; i < GIVEN_STRIPES; i++) {
                given[i] = LocalCopies.this.given.get(i);
            }
        }

        Ticket of(Key key) {
            return new Ticket(fences[stripe(key)], given[givenStripe(key)]);
        }
    }

    Tickets tickets() {
        return new Tickets();
    }

    /** Whether nothing has been told of the key since the ticket was taken. */
    boolean isUnchanged(Key key, Ticket ticket) {
        int stripe = stripe(key);
        return fences.get(stripe) == ticket.fence() && writing.get(stripe) == 0;
    }

    /**
     * Keeps the copy unless the key has changed since the ticket was taken, or something else was given out that may be
     * newer.
     */
    boolean keep(Key key, Ticket ticket, Copy copy) {
        int stripe = stripe(key);
        int mark = mark(key, copy.framed());
        keeping.incrementAndGet(stripe);
        try {
            Copy now = cache.asMap()
                    .compute(key, (k, old) -> isUnchanged(key, ticket) && isLast(key, ticket, mark) ? copy : old);
            return now == copy;
        } finally {
            keeping.decrementAndGet(stripe);
        }
    }

    /** Whether since the ticket was taken nothing was given out but what had been before, and then perhaps this. */
    private boolean isLast(Key key, Ticket ticket, int mark) {
        long last = given.get(givenStripe(key));
        return last == ticket.given() || ((int) last == mark && (last >>> 32) - (ticket.given() >>> 32) <= 1);
    }

    /**
     * A client is about to be given what Redis answered.
     *
     * @param framed the value as a bulk string, null if there is none
     * @return whether the copy was another, and is dropped
     */
    boolean giving(Key key, byte @Nullable [] framed) {
        int stripe = givenStripe(key);
        int mark = mark(key, framed);
        long last = given.get(stripe);
        while ((int) last != mark && !given.compareAndSet(stripe, last, next(last, mark))) {
            last = given.get(stripe);
        }
        Copy copy = cache.policy().getIfPresentQuietly(key);
        boolean differs = copy != null && !Arrays.equals(copy.framed(), framed);
        // Who is just keeping something may have looked at the marks before, and put it there only now.
        if (differs || ((int) last != mark && keeping.get(stripe(key)) != 0)) {
            fences.incrementAndGet(stripe(key));
            cache.invalidate(key);
        }
        return differs;
    }

    private static long next(long last, int mark) {
        return (((last >>> 32) + 1) << 32) | Integer.toUnsignedLong(mark);
    }

    private static int mark(Key key, byte @Nullable [] framed) {
        if (framed == null) {
            return key.hashCode();
        }
        CRC32C crc = new CRC32C();
        crc.update(framed, 0, framed.length);
        return key.hashCode() * 31 + (int) crc.getValue();
    }

    /** The key has changed, or is about to. */
    void changed(Key key) {
        fences.incrementAndGet(stripe(key));
        cache.invalidate(key);
        changes.increment();
    }

    /** A write of the key is about to be sent; {@link #written} must follow, once. */
    void writing(Key key) {
        writing.incrementAndGet(stripe(key));
        changed(key);
    }

    /** A write of the key has ended, well or not. */
    void written(Key key) {
        changed(key);
        writing.decrementAndGet(stripe(key));
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

    /** How many bytes they may take at the moment. */
    public long maximumBytes() {
        return eviction.getMaximum();
    }

    /** Lets them take only such a share of what was set; above 0, at most 1. What is too much is dropped on the spot. */
    void shrinkTo(double share) {
        eviction.setMaximum((long) (maximumBytes * share));
    }

    /** Keys with a value, the hottest first. */
    public List<Key> hottest(int limit) {
        return eviction.hottest(limit).entrySet().stream()
                .filter(entry -> entry.getValue().framed() != null)
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * A key that is read often.
     *
     * @param key which one
     * @param bytes of its value
     * @param lifeMillis how long Redis will keep it, negative for without end
     */
    public record Hot(Key key, int bytes, long lifeMillis) {}

    /** Keys with a value that Redis still holds as far as is known, the hottest first. */
    public List<Hot> hot(int limit) {
        long now = System.nanoTime();
        List<Hot> hot = new ArrayList<>();
        for (Map.Entry<Key, Copy> entry : eviction.hottest(limit).entrySet()) {
            Copy copy = entry.getValue();
            byte[] framed = copy.framed();
            long left = copy.expires() == Long.MAX_VALUE ? -1 : Math.max(0, copy.expires() - now);
            if (framed != null && left != 0) {
                hot.add(new Hot(entry.getKey(), framed.length, left < 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(left)));
            }
        }
        return hot;
    }

    /** A value that the change feed vouches for. */
    public static final class Held {
        private final byte[] value;
        private final long lifeMillis;

        private Held(byte[] value, long lifeMillis) {
            this.value = value;
            this.lifeMillis = lifeMillis;
        }

        /** The value itself; not to be changed. */
        public byte[] value() {
            return value;
        }

        /** How long Redis will keep it, negative for without end. */
        public long lifeMillis() {
            return lifeMillis;
        }
    }

    /** The value of a key, if it is what Redis holds; null if not. Does not count as a read. */
    public @Nullable Held held(Key key) {
        Copy copy = cache.policy().getIfPresentQuietly(key);
        long now = System.nanoTime();
        byte[] framed = copy == null || !copy.isFresh(now) ? null : copy.framed();
        if (copy == null || framed == null || framed[0] != '$') {
            return null;
        }
        long left = copy.expires() == Long.MAX_VALUE ? -1 : TimeUnit.NANOSECONDS.toMillis(copy.expires() - now);
        return copy.expires() != Long.MAX_VALUE && left <= 0 ? null : new Held(LoopKeyspace.unframed(framed), left);
    }

    /** How much memory a value takes. */
    public static long memory(Key key, int bytes) {
        return (long) Copy.OVERHEAD_BYTES + key.length() + bytes;
    }

    /** Whether there is a copy that is what Redis holds; does not count as a read. */
    public boolean isFresh(Key key) {
        Copy copy = cache.policy().getIfPresentQuietly(key);
        return copy != null && copy.isFresh(System.nanoTime());
    }

    /** Makes it count as read so many times more. */
    public void touch(Key key, int times) {
        for (int i = 0; i < times; i++) {
            Copy unused = cache.getIfPresent(key);
        }
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

    private static int givenStripe(Key key) {
        return (key.hashCode() * 0x9E3779B9) >>> 16;
    }
}
