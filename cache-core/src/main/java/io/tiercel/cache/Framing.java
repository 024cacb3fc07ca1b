package io.tiercel.cache;

import io.tiercel.cache.Lives.Life;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
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

    /** Gives a value its life, from now on. What the codec throws reaches the caller. */
    Made<V> make(String key, @Nullable V value, Life life, @Nullable String etag) {
        long born = time.millis();
        Frame frame = null;
        if (codec != null) {
            byte[] encoded = value == null ? null : codec.encode(value);
            frame = Frame.of(key, codec.id(), born, life.freshMillis(), life.hardMillis(), etag, encoded);
        }
        return new Made<>(entry(value, life, born, frame == null ? 0 : frame.bytes().length, etag), frame);
    }

    /** A value that cannot be stored outside. */
    Entry<V> unstored(@Nullable V value, Life life, @Nullable String etag) {
        return entry(value, life, time.millis(), 0, etag);
    }

    private Entry<V> entry(@Nullable V value, Life life, long born, int size, @Nullable String etag) {
        long now = time.nanos();
        return new Entry<>(
                value,
                now + TimeUnit.MILLISECONDS.toNanos(life.freshMillis()),
                now + TimeUnit.MILLISECONDS.toNanos(life.hardMillis()),
                born,
                size,
                false,
                etag);
    }

    /** The entry in a frame, with what is left of its life. */
    Entry<V> decode(Frame frame) throws MalformedFrameException {
        V value = null;
        if (!frame.isNegative()) {
            value = value(frame);
        }
        long nowMillis = time.millis();
        long now = time.nanos();
        return new Entry<>(
                value,
                now + TimeUnit.MILLISECONDS.toNanos(frame.freshMillisLeft(nowMillis)),
                now + TimeUnit.MILLISECONDS.toNanos(frame.hardMillisLeft(nowMillis)),
                frame.bornMillis(),
                frame.bytes().length,
                frame.isExpired(),
                frame.etag());
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
