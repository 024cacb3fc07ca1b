package io.tiercel.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ContextLoader} may know and say about the entry that it loads. Valid during the load, on the thread
 * that runs it; not thread-safe.
 *
 * @param <V> the value
 */
public interface LoadContext<V> {
    /** The last known value, which is no longer fresh but not beyond its hard life; {@code null} if there is none. */
    @Nullable
    V staleValue();

    /** The tag that {@link #modified} gave to {@link #staleValue()}, if any. */
    @Nullable
    String etag();

    /**
     * Says that {@link #staleValue()} is still the value: it begins a new life.
     *
     * @return the stale value, for the loader to return
     * @throws IllegalStateException if there is no stale value
     */
    V notModified();

    /**
     * Attaches a tag to the value, such as an HTTP entity tag or a row version; the next load finds it in
     * {@link #etag()}.
     *
     * @param etag at most 1,024 bytes of UTF-8
     * @return {@code value}, for the loader to return
     */
    V modified(V value, String etag);

    /**
     * Gives this one entry its own time to live instead of the policy's. Jitter still shortens it.
     *
     * @param ttl positive, at most {@link CachePolicy#LONGEST}
     */
    LoadContext<V> ttl(Duration ttl);

    /**
     * Marks the value so that {@link TieredCache#invalidateTag(String)} ends it together with all others so marked. A
     * value with tags is stored for at most twice the policy's life, or a day if that is longer.
     *
     * @param tags at most 32, each 1 to 256 bytes of UTF-8
     */
    LoadContext<V> tags(String... tags);

    /** Hands the value to the callers without storing it in any tier. */
    LoadContext<V> doNotStore();
}
