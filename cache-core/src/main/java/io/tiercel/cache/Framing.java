package io.tiercel.cache;

import io.tiercel.cache.Lives.Life;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Provenance;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Between entries, which this process uses, and frames, which tiers store. Immutable. */
final class Framing<V> {
    private final @Nullable Codec<V> codec;
    private final TimeSource time;

    Framing(@Nullable Codec<V> codec, TimeSource time) {
        this.codec = codec;
        this.time = time;
    }

    /** A new value in both forms; the frame is null when there is no codec, and so nobody to store it. */
    record Made<V>(Entry<V> entry, @Nullable Frame frame) {}

    /**
     * Gives a value its life, from now on. What the codec throws reaches the caller.
     *
     * @param provenance null if it is not known in what generation the value was read: no store may keep it then
     * @param tags those of the provenance
     * @param stamp that of the provenance
     */
    Made<V> make(
            String key,
            @Nullable V value,
            Life life,
            @Nullable String etag,
            @Nullable Provenance provenance,
            List<Tag> tags,
            long stamp) {
        long born = time.millis();
        if (codec == null || provenance == null) {
            return new Made<>(entry(value, life, born, 0, 0, etag, tags, stamp), null);
        }
        byte[] encoded = value == null ? null : codec.encode(value);
        Frame frame = Frame.of(key, codec.id(), born, life.freshMillis(), life.hardMillis(), etag, provenance, encoded);
        return new Made<>(entry(value, life, born, frame.bytes().length, frame.checksum(), etag, tags, stamp), frame);
    }

    /** A value that cannot be stored outside. */
    Entry<V> unstored(@Nullable V value, Life life, @Nullable String etag, List<Tag> tags, long stamp) {
        return entry(value, life, time.millis(), 0, 0, etag, tags, stamp);
    }

    private Entry<V> entry(
            @Nullable V value,
            Life life,
            long born,
            int size,
            int checksum,
            @Nullable String etag,
            List<Tag> tags,
            long stamp) {
        long now = time.nanos();
        return Entry.of(
                value,
                now + TimeUnit.MILLISECONDS.toNanos(life.freshMillis()),
                now + TimeUnit.MILLISECONDS.toNanos(life.hardMillis()),
                born,
                size,
                checksum,
                false,
                etag,
                tags,
                stamp);
    }

    /** The entry in a frame, with what is left of its life. */
    Entry<V> decode(Frame frame, List<Tag> tags) throws MalformedFrameException {
        V value = null;
        if (!frame.isNegative()) {
            value = value(frame);
        }
        long nowMillis = time.millis();
        long now = time.nanos();
        return Entry.of(
                value,
                now + TimeUnit.MILLISECONDS.toNanos(frame.freshMillisLeft(nowMillis)),
                now + TimeUnit.MILLISECONDS.toNanos(frame.hardMillisLeft(nowMillis)),
                frame.bornMillis(),
                frame.bytes().length,
                frame.checksum(),
                frame.isExpired(),
                frame.etag(),
                tags,
                frame.provenance().stamp());
    }

    private V value(Frame frame) throws MalformedFrameException {
        if (codec == null || !codec.decodes(frame.codecId())) {
            throw new MalformedFrameException(
                    "written by codec " + frame.codecId() + ", expected " + (codec == null ? "none" : codec.id()));
        }
        try {
            return codec.decode(frame.codecId(), frame.payload());
        } catch (RuntimeException e) {
            // The bytes were whole, so the codec and the writer's disagree. Its message may quote the value.
            throw new MalformedFrameException(
                    "codec " + codec.id() + ": " + e.getClass().getName());
        }
    }
}
