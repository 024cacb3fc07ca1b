package io.tiercel.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tiercel.cache.tier.Frame;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Values that readers were given past the first tier, as it did not answer. When it answers again it may have an older
 * one, of before a write that it did not take and that is not repaired yet; nobody who has seen the newer one must then
 * be given that. So what it has is used only if it is the same value, and is otherwise loaded anew. Bounded: of the keys
 * that find no room that is not known. Thread-safe.
 */
final class Detours {
    private static final int MOST = 50_000;
    private static final long UNKNOWN = -1;

    private final Cache<String, Long> values =
            Caffeine.newBuilder().executor(Runnable::run).maximumSize(MOST).build();
    /** Spares readers the look while there was none. */
    private final AtomicLong taken = new AtomicLong();

    /** @param frame the value that was handed out, null if it has no stored form */
    void note(String key, @Nullable Frame frame) {
        taken.incrementAndGet();
        values.put(key, frame == null ? UNKNOWN : checksum(frame));
    }

    /** The first tier has taken something for the key since. */
    void settled(String key) {
        if (taken.get() > 0) {
            values.invalidate(key);
        }
    }

    /** Whether the first tier's value is another one than was handed out past it; if not, all is well from here on. */
    boolean contradict(String key, Frame frame) {
        if (taken.get() == 0) {
            return false;
        }
        Long value = values.getIfPresent(key);
        if (value == null) {
            return false;
        }
        if (value == checksum(frame)) {
            values.invalidate(key);
            return false;
        }
        return true;
    }

    private static long checksum(Frame frame) {
        if (frame.isNegative()) {
            return UNKNOWN - 1;
        }
        CRC32C crc = new CRC32C();
        ByteBuffer payload = frame.payload();
        crc.update(payload);
        return crc.getValue();
    }
}
