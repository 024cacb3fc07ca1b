package io.tiercel.sidecar.keyspace;

import io.tiercel.cache.tier.Section;
import org.jspecify.annotations.Nullable;

/**
 * A copy in memory of what Redis held under a key, ready to be sent: the bulk string of the protocol, the same in both
 * versions. Immutable.
 */
public final class Copy {
    static final int OVERHEAD_BYTES = 160;

    private final byte @Nullable [] framed;
    private final long end;
    private final long expires;
    private final long readAt;
    private final Section section;
    private final long epoch;

    /**
     * @param framed the value as a bulk string, null if Redis held none
     * @param end until then it may be used, in monotonic nanoseconds
     * @param expires when Redis itself ends it, {@link Long#MAX_VALUE} if it does not
     * @param readAt a moment at which Redis held it
     */
    Copy(byte @Nullable [] framed, long end, long expires, long readAt, Section section, long epoch) {
        this.framed = framed;
        this.end = end;
        this.expires = expires;
        this.readAt = readAt;
        this.section = section;
        this.epoch = epoch;
    }

    /** The value as a bulk string; null if there is none. */
    public byte @Nullable [] framed() {
        return framed;
    }

    /** Whether it is what Redis holds, up to the bound of staleness. */
    boolean isFresh(long now) {
        return now - end < 0 && section.vouches(epoch, now);
    }

    boolean isPast(long now) {
        return now - end >= 0;
    }

    long readAt() {
        return readAt;
    }

    long end() {
        return end;
    }

    /** When Redis itself ends it, in monotonic nanoseconds; {@link Long#MAX_VALUE} if it does not. */
    long expires() {
        return expires;
    }

    Section section() {
        return section;
    }

    boolean isSameEpoch() {
        return section.epoch() == epoch;
    }

    int weight(Key key) {
        return OVERHEAD_BYTES + key.length() + (framed == null ? 0 : framed.length);
    }
}
