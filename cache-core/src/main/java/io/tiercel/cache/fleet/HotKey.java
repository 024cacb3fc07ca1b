package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

/** A key that an instance reads often, with what another has to know to fetch it. Immutable; the array is not copied. */
public final class HotKey {
    private final byte[] key;
    private final double score;
    private final int bytes;
    private final long endsAt;

    private HotKey(byte[] key, double score, int bytes, long endsAt) {
        this.key = requireNonNull(key, "key");
        this.score = score;
        this.bytes = bytes;
        this.endsAt = endsAt;
    }

    /**
     * A key and how hot it is.
     *
     * @param key 1 to {@value HotList#LONGEST_KEY} bytes
     * @param score how hot, on a scale that all instances share; positive and finite
     * @param bytes of its value; 0 or more
     * @param endsAt when the store ends it, in milliseconds since 1970 by the clock of who asks; 0 if it does not
     * @throws IllegalArgumentException that names what is not so
     */
    public static HotKey of(byte[] key, double score, int bytes, long endsAt) {
        if (key.length == 0 || key.length > HotList.LONGEST_KEY) {
            throw new IllegalArgumentException("key must be 1 to " + HotList.LONGEST_KEY + " bytes: " + key.length);
        }
        if (!(score > 0) || Double.isInfinite(score)) {
            throw new IllegalArgumentException("score must be positive and finite: " + score);
        }
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative: " + bytes);
        }
        if (endsAt < 0) {
            throw new IllegalArgumentException("endsAt must not be negative: " + endsAt);
        }
        return new HotKey(key, score, bytes, endsAt);
    }

    /** The key itself; not to be changed. */
    public byte[] key() {
        return key;
    }

    /** How hot it is; only to be compared with, and added to, others. */
    public double score() {
        return score;
    }

    /** Bytes of its value. */
    public int bytes() {
        return bytes;
    }

    /** When the store ends it, in milliseconds since 1970; 0 if it does not. */
    public long endsAt() {
        return endsAt;
    }

    /** Whether the store ends it within so many milliseconds of that moment, or has done so. */
    public boolean endsWithin(long millis, long now) {
        return endsAt != 0 && endsAt - now < millis;
    }

    /** What two instances say of one key: scores add up, and of the rest the larger holds. */
    HotKey and(HotKey other) {
        long end = endsAt == 0 || other.endsAt == 0 ? 0 : Math.max(endsAt, other.endsAt);
        return new HotKey(key, score + other.score, Math.max(bytes, other.bytes), end);
    }

    HotKey endingAt(long end) {
        return new HotKey(key, score, bytes, end);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HotKey that
                && Arrays.equals(key, that.key)
                && Double.compare(score, that.score) == 0
                && bytes == that.bytes
                && endsAt == that.endsAt;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }

    /** Says nothing of the key: it is a user's. */
    @Override
    public String toString() {
        return "HotKey[" + key.length + " bytes, score " + score + "]";
    }
}
