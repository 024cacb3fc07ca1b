package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.tiercel.cache.tier.RemoteTier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * L3 behind a raw layout: copies in Memcached of what was read often, for the time when Redis cannot be asked. Redis
 * alone knows what exists: a key that it does not have is a miss, whatever is here, or a removal by somebody who knows
 * nothing of this tier would be undone.
 *
 * <p>So that nothing removed comes back while Redis is away: a change through this process, or one that the feed tells
 * of for a key that this process has put here, removes the copy. Until Memcached has confirmed that the key is not looked
 * for here; when it does not confirm what it was asked, that may still be done much later, and the key is not looked for
 * during {@link #LONGEST}. What other processes have put here is believed only if it was written a bound later than the
 * last change that this one was told of: they may have been told later, or not at all. A copy is served, and stays here,
 * only while it is younger than the time for which stale values are allowed.
 *
 * <p>Clocks of sidecars may differ by as much as the bound; more makes copies useless or believed for as much longer, but
 * never for longer than they stay here.
 *
 * <p>Thread-safe; answers come on the client's threads.
 */
final class Lifeboat implements AutoCloseable {
    static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int MAGIC = 0x54434C31;
    private static final int HEADER = 4 + 8 + 4 + 4;
    private static final int MOST_DOUBTS = 100_000;
    private static final int MOST_PUTS = 200_000;
    private static final int STRIPES = 16_384;

    private final RemoteTier tier;
    private final String prefix;
    private final Counters counters;
    private final long marginMillis;
    private final Cache<Key, Doubt> doubted;
    private final Cache<Key, Boolean> put;
    /** By stripe, when a change was last told of, in monotonic nanoseconds. */
    private final AtomicLongArray changedAt = new AtomicLongArray(STRIPES);

    private volatile boolean down;
    /** Until then nothing here is believed, as there were too many doubts to remember. */
    private volatile long distrustedUntil = System.nanoTime();

    /** That a copy may be here which is not to be used; each is another one. */
    private static final class Doubt {
        final boolean lasting;

        Doubt(boolean lasting) {
            this.lasting = lasting;
        }
    }

    /** @param bound how late other processes may be told of a change */
    Lifeboat(RemoteTier tier, String fleet, Duration bound, Counters counters) {
        this.tier = tier;
        this.prefix = "tiercel!" + fleet + ":";
        this.counters = counters;
        this.marginMillis = bound.toMillis();
        long longAgo = System.nanoTime() - LONGEST.toNanos() - bound.toNanos();
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            changedAt.set(stripe, longAgo);
        }
        this.doubted = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumSize(MOST_DOUBTS)
                .expireAfterWrite(LONGEST)
                .evictionListener((@Nullable Key key, @Nullable Doubt doubt, RemovalCause cause) -> {
                    if (cause == RemovalCause.SIZE) {
                        distrustedUntil = System.nanoTime() + LONGEST.toNanos();
                    }
                })
                .build();
        this.put = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumSize(MOST_PUTS)
                .expireAfterWrite(LONGEST)
                .build();
    }

    RemoteTier tier() {
        return tier;
    }

    /**
     * Puts a copy here behind the back of whoever read it.
     *
     * @param most how long it may stay; not at all if that is zero
     * @param still says whether the key is unchanged
     */
    void keep(Key key, byte[] value, long ttlMillis, Duration most, BooleanSupplier still) {
        if (most.isZero() || HEADER + key.length() + value.length > tier.maximumValueBytes()) {
            return;
        }
        put.put(key, true);
        Duration longest = most.compareTo(LONGEST) < 0 ? most : LONGEST;
        Duration ttl = ttlMillis < 0 || ttlMillis > longest.toMillis() ? longest : Duration.ofMillis(ttlMillis);
        var unused = tier.put(stored(key), frame(key, value), ttl).whenComplete((done, failure) -> {
            down = failure != null;
            if (failure != null) {
                counters.l3Errors.increment();
                doubted.put(key, new Doubt(true));
            } else if (!still.getAsBoolean()) {
                remove(key);
            }
        });
    }

    /** Removes what may be here of a key that is changed through this process. */
    void remove(Key key) {
        changedAt.set(stripe(key), System.nanoTime());
        Doubt own = new Doubt(false);
        doubted.asMap().merge(key, own, (before, more) -> before.lasting ? before : more);
        put.invalidate(key);
        var unused = tier.remove(stored(key)).whenComplete((done, failure) -> {
            down = failure != null;
            if (failure == null) {
                doubted.asMap().remove(key, own);
            } else {
                counters.l3Errors.increment();
                doubted.put(key, new Doubt(true));
            }
        });
    }

    /** Somebody else has changed the key. */
    void changedElsewhere(Key key) {
        changedAt.set(stripe(key), System.nanoTime());
        if (put.getIfPresent(key) != null) {
            remove(key);
        }
    }

    /** All keys may have changed. */
    void changedAll() {
        distrustedUntil = System.nanoTime() + LONGEST.toNanos();
    }

    /**
     * The value, if there is one that may be served; completes normally in any case.
     *
     * @param youngerThan how old it may be
     * @param forgottenAt what was written before is not to be used, in monotonic nanoseconds
     */
    CompletionStage<byte @Nullable []> find(Key key, Duration youngerThan, long forgottenAt) {
        if (isDoubted(key)) {
            return CompletableFuture.completedFuture(null);
        }
        return tier.get(stored(key)).handle((frame, failure) -> {
            down = failure != null;
            if (failure != null) {
                counters.l3Errors.increment();
                return null;
            }
            byte[] value = frame == null || isDoubted(key)
                    ? null
                    : value(key, frame, Math.min(youngerThan.toMillis(), oldest(key, forgottenAt)));
            (value == null ? counters.l3Misses : counters.l3Hits).increment();
            return value;
        });
    }

    private boolean isDoubted(Key key) {
        return doubted.getIfPresent(key) != null || System.nanoTime() - distrustedUntil < 0;
    }

    /** How many milliseconds old a copy may be so that it was written after the last change, negative for none. */
    private long oldest(Key key, long forgottenAt) {
        long now = System.nanoTime();
        long ago = Math.min(now - changedAt.get(stripe(key)), now - forgottenAt);
        return TimeUnit.NANOSECONDS.toMillis(ago) - marginMillis;
    }

    private static int stripe(Key key) {
        return (key.hashCode() * 0x9E3779B9) >>> 18;
    }

    /** The length of what is there, whatever its age, -1 if there is nothing; completes normally in any case. */
    CompletionStage<Integer> look(Key key) {
        return tier.get(stored(key)).handle((frame, failure) -> {
            byte[] value = failure != null || frame == null ? null : value(key, frame, Long.MAX_VALUE);
            return value == null ? -1 : value.length;
        });
    }

    /** Whether the last operation failed. */
    boolean isDown() {
        return down;
    }

    @Override
    public void close() {
        tier.close();
    }

    String stored(Key key) {
        return prefix + new String(key.bytes(), ISO_8859_1);
    }

    private static byte[] frame(Key key, byte[] value) {
        byte[] keyBytes = key.bytes();
        ByteBuffer frame = ByteBuffer.allocate(HEADER + keyBytes.length + value.length);
        frame.putInt(MAGIC).putLong(System.currentTimeMillis()).putInt(0).putInt(keyBytes.length);
        frame.put(keyBytes).put(value);
        frame.putInt(12, checksum(frame.array()));
        return frame.array();
    }

    private byte @Nullable [] value(Key key, byte[] bytes, long oldestMillis) {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER || frame.getInt() != MAGIC) {
            return null;
        }
        long age = System.currentTimeMillis() - frame.getLong();
        int checksum = frame.getInt();
        int keyLength = frame.getInt();
        if (age > oldestMillis || age < -marginMillis || keyLength < 0 || keyLength > bytes.length - HEADER) {
            return null;
        }
        frame.putInt(12, 0);
        boolean whole = checksum == checksum(bytes);
        byte[] keyBytes = key.bytes();
        boolean same = Arrays.equals(bytes, HEADER, HEADER + keyLength, keyBytes, 0, keyBytes.length);
        return whole && same ? Arrays.copyOfRange(bytes, HEADER + keyLength, bytes.length) : null;
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }
}
