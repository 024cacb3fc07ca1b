package io.tiercel.cache;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A {@link TieredCache} with futures: the same entries, the same flights, the same rules. No method blocks. Loaders run
 * on the cache's executor; what callers attach to a future runs there too, and never on a thread of a store's client.
 * Absence is an empty {@link Optional}. A failure is the future's, as the exception that the blocking view throws.
 *
 * <p>Completing or cancelling a returned future by hand has no influence on the cache.
 *
 * @param <K> the key
 * @param <V> the value
 */
public interface AsyncTieredCache<K, V> {
    /** See {@link TieredCache#getIfPresent}. */
    CompletableFuture<Optional<V>> getIfPresent(K key);

    /** See {@link TieredCache#getAllPresent}. */
    CompletableFuture<Map<K, V>> getAllPresent(Collection<? extends K> keys);

    /** See {@link TieredCache#get(Object, Loader)}. */
    CompletableFuture<Optional<V>> get(K key, Loader<? super K, ? extends V> loader);

    /** See {@link TieredCache#get(Object, ContextLoader)}. */
    CompletableFuture<Optional<V>> get(K key, ContextLoader<? super K, V> loader);

    /** See {@link TieredCache#getAll}. */
    CompletableFuture<Map<K, V>> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader);

    /** See {@link TieredCache#put(Object, Object)}. */
    CompletableFuture<WriteResult> put(K key, V value);

    /** See {@link TieredCache#put(Object, Object, Duration)}. */
    CompletableFuture<WriteResult> put(K key, V value, Duration ttl);

    /** See {@link TieredCache#putAll}. */
    CompletableFuture<WriteResult> putAll(Map<? extends K, ? extends V> entries);

    /** See {@link TieredCache#invalidate}. */
    CompletableFuture<WriteResult> invalidate(K key);

    /** See {@link TieredCache#invalidateAll}. */
    CompletableFuture<WriteResult> invalidateAll(Collection<? extends K> keys);

    /** See {@link TieredCache#expire}. */
    CompletableFuture<WriteResult> expire(K key);

    /** See {@link TieredCache#clear()}. */
    CompletableFuture<WriteResult> clear();

    /** See {@link TieredCache#clear(Duration)}. */
    CompletableFuture<WriteResult> clear(Duration grace);

    /** See {@link TieredCache#invalidateTag(String)}. */
    CompletableFuture<WriteResult> invalidateTag(String tag);

    /** See {@link TieredCache#invalidateTag(String, Duration)}. */
    CompletableFuture<WriteResult> invalidateTag(String tag, Duration grace);

    /** See {@link TieredCache#refresh(Object, Loader)}. */
    CompletableFuture<Optional<V>> refresh(K key, Loader<? super K, ? extends V> loader);

    /** See {@link TieredCache#refresh(Object, ContextLoader)}. */
    CompletableFuture<Optional<V>> refresh(K key, ContextLoader<? super K, V> loader);

    /** See {@link TieredCache#explain}. */
    CompletableFuture<Explanation> explain(K key);
}
