package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Loader} that wants to know what the cache still holds, or to say more than the value.
 *
 * <pre>{@code
 * users.get("42", (id, context) -> {
 *     Response r = http.get("/users/" + id, context.etag());
 *     if (r.status() == 304) {
 *         return context.notModified();
 *     }
 *     return context.ttl(r.maxAge()).modified(r.user(), r.etag());
 * });
 * }</pre>
 *
 * @param <K> the key
 * @param <V> the value
 */
@FunctionalInterface
public interface ContextLoader<K, V> {
    /**
     * Loads the value of one key; all that {@link Loader#load} says holds here too.
     *
     * @param context valid during this call and on this thread only
     */
    @Nullable
    V load(K key, LoadContext<V> context) throws Exception;
}
