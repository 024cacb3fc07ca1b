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
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * L3 behind a raw layout: copies in Memcached of what was read often, for the time when Redis cannot be asked. Redis
 * alone knows what exists: a key that it does not have is a miss, whatever is here, or a removal by somebody who knows
 * nothing of this tier would be undone.
 *
 * <p>So that nothing removed comes back while Redis is away: a change through this process, or one that the feed tells
 * of for a key that this process has put here, removes the copy. Until Memcached has confirmed that, or holds a newer
 * copy by this process, the key is not looked for here. A copy is served only while it is younger than the time for which
 * stale values are allowed, and Memcached ends it in any case after {@link #LONGEST}.
 *
 * <p>Thread-safe; answers come on the client's threads.
 */
final class Lifeboat implements AutoCloseable {
    static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int MAGIC = 0x54434C31;
    private static final int HEADER = 4 + 8 + 4 + 4;
    private static final int MOST_DOUBTS = 100_000;
    private static final int MOST_PUTS = 200_000;

    private final RemoteTier tier;
    private final String prefix;
    private final Counters counters;
    private final Cache<Key, Boolean> doubted;
    private final Cache<Key, Boolean> put;
    /** Until then nothing here is believed, as there were too many doubts to remember. */
    private volatile boolean down;

    private volatile long distrustedUntil = System.nanoTime();

    Lifeboat(RemoteTier tier, String fleet, Counters counters) {
        this.tier = tier;
        this.prefix = "tiercel!" + fleet + ":";
        this.counters = counters;
        this.doubted = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumSize(MOST_DOUBTS)
                .expireAfterWrite(LONGEST)
                .evictionListener((@Nullable Key key, @Nullable Boolean value, RemovalCause cause) -> {
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

    /** Puts a copy here behind the back of whoever read it; {@code still} says whether the key is unchanged. */
    void keep(Key key, byte[] value, long ttlMillis, BooleanSupplier still) {
        if (HEADER + key.length() + value.length > tier.maximumValueBytes()) {
            return;
        }
        put.put(key, true);
        Duration ttl = ttlMillis < 0 || ttlMillis > LONGEST.toMillis() ? LONGEST : Duration.ofMillis(ttlMillis);
        var unused = tier.put(stored(key), frame(key, value), ttl).whenComplete((done, failure) -> {
            down = failure != null;
            if (failure != null) {
                counters.l3Errors.increment();
            } else if (still.getAsBoolean()) {
                doubted.invalidate(key);
            } else {
                remove(key);
            }
        });
    }

    /** Removes what may be here of a key that is changed through this process. */
    void remove(Key key) {
        doubted.put(key, true);
        put.invalidate(key);
        var unused = tier.remove(stored(key)).whenComplete((done, failure) -> {
            down = failure != null;
            if (failure == null) {
                doubted.invalidate(key);
            } else {
                counters.l3Errors.increment();
            }
        });
    }

    /** Somebody else has changed the key. */
    void changedElsewhere(Key key) {
        if (put.getIfPresent(key) != null) {
            remove(key);
        }
    }

    /** All keys may have changed. */
    void changedAll() {
        distrustedUntil = System.nanoTime() + LONGEST.toNanos();
    }

    /** The value, if there is one younger than that; completes normally in any case. */
    CompletionStage<byte @Nullable []> find(Key key, Duration youngerThan) {
        if (doubted.getIfPresent(key) != null || System.nanoTime() - distrustedUntil < 0) {
            return CompletableFuture.completedFuture(null);
        }
        return tier.get(stored(key)).handle((frame, failure) -> {
            down = failure != null;
            if (failure != null) {
                counters.l3Errors.increment();
                return null;
            }
            byte[] value = frame == null || doubted.getIfPresent(key) != null ? null : value(key, frame, youngerThan);
            (value == null ? counters.l3Misses : counters.l3Hits).increment();
            return value;
        });
    }

    /** The length of what is there, whatever its age, -1 if there is nothing; completes normally in any case. */
    CompletionStage<Integer> look(Key key) {
        return tier.get(stored(key)).handle((frame, failure) -> {
            byte[] value = failure != null || frame == null ? null : value(key, frame, LONGEST.plusDays(1));
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

    private static byte @Nullable [] value(Key key, byte[] bytes, Duration youngerThan) {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER || frame.getInt() != MAGIC) {
            return null;
        }
        long age = System.currentTimeMillis() - frame.getLong();
        int checksum = frame.getInt();
        int keyLength = frame.getInt();
        if (age > youngerThan.toMillis() || keyLength < 0 || keyLength > bytes.length - HEADER) {
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
