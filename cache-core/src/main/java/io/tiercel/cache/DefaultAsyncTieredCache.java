package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The future view of the same flow. What it returns is completed on the cache's executor, as the caller's own code will
 * run there.
 */
final class DefaultAsyncTieredCache<K, V> implements AsyncTieredCache<K, V> {
    private final DefaultTieredCache<K, V> cache;

    DefaultAsyncTieredCache(DefaultTieredCache<K, V> cache) {
        this.cache = cache;
    }

    private Executor executor() {
        return cache.engine().executor();
    }

    private <T, R> CompletableFuture<R> handedOver(CompletableFuture<T> future, Function<T, R> result) {
        return future.thenApplyAsync(result, executor());
    }

    @Override
    public CompletableFuture<Optional<V>> getIfPresent(K key) {
        Entry<V> entry = cache.freshInLocal(key);
        if (entry != null) {
            cache.ahead().hit(key, entry, null);
        }
        return entry != null
                ? CompletableFuture.completedFuture(Optional.ofNullable(entry.value))
                : handedOver(cache.reads().getIfPresent(key, executor()), Optional::ofNullable);
    }

    @Override
    public CompletableFuture<Map<K, V>> getAllPresent(Collection<? extends K> keys) {
        DefaultTieredCache.requireNoNulls(keys, "keys");
        cache.checkOpen();
        return handedOver(cache.bulkReads().getAllPresent(keys, executor()), Function.identity());
    }

    @Override
    public CompletableFuture<Optional<V>> get(K key, Loader<? super K, ? extends V> loader) {
        return get(key, DefaultTieredCache.<K, V>ignoringContext(loader));
    }

    @Override
    public CompletableFuture<Optional<V>> get(K key, ContextLoader<? super K, V> loader) {
        requireNonNull(loader, "loader");
        Entry<V> entry = cache.freshInLocal(key);
        if (entry == null) {
            cache.ahead().keep(key, loader);
        } else {
            cache.ahead().hit(key, entry, loader);
        }
        return entry != null
                ? CompletableFuture.completedFuture(Optional.ofNullable(entry.value))
                : handedOver(cache.reads().get(key, loader, executor()), DefaultAsyncTieredCache::value);
    }

    @Override
    public CompletableFuture<Map<K, V>> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader) {
        DefaultTieredCache.requireNoNulls(keys, "keys");
        requireNonNull(loader, "loader");
        cache.checkOpen();
        return handedOver(cache.bulkReads().getAll(keys, loader, executor()), cache::values);
    }

    @Override
    public CompletableFuture<Optional<V>> refresh(K key, Loader<? super K, ? extends V> loader) {
        return refresh(key, DefaultTieredCache.<K, V>ignoringContext(loader));
    }

    @Override
    public CompletableFuture<Optional<V>> refresh(K key, ContextLoader<? super K, V> loader) {
        requireNonNull(key, "key");
        requireNonNull(loader, "loader");
        cache.checkOpen();
        return handedOver(cache.reads().refresh(key, loader, executor()), DefaultAsyncTieredCache::value);
    }

    @Override
    public CompletableFuture<WriteResult> put(K key, V value) {
        requireNonNull(key, "key");
        requireNonNull(value, "value");
        cache.checkOpen();
        return handedOver(cache.writes().put(key, value, null), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> put(K key, V value, Duration ttl) {
        requireNonNull(key, "key");
        requireNonNull(value, "value");
        CachePolicy.positive("ttl", ttl);
        cache.checkOpen();
        return handedOver(cache.writes().put(key, value, ttl), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> putAll(Map<? extends K, ? extends V> entries) {
        DefaultTieredCache.requireNoNulls(requireNonNull(entries, "entries").keySet(), "entries");
        DefaultTieredCache.requireNoNulls(entries.values(), "entries");
        cache.checkOpen();
        return handedOver(cache.writes().putAll(entries), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> invalidate(K key) {
        requireNonNull(key, "key");
        cache.checkOpen();
        return handedOver(cache.writes().invalidate(key), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> invalidateAll(Collection<? extends K> keys) {
        DefaultTieredCache.requireNoNulls(keys, "keys");
        cache.checkOpen();
        return handedOver(cache.writes().invalidateAll(keys), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> expire(K key) {
        requireNonNull(key, "key");
        cache.checkOpen();
        return handedOver(cache.writes().expire(key), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> clear() {
        cache.checkOpen();
        return handedOver(cache.writes().clear(Duration.ZERO), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> clear(Duration grace) {
        CachePolicy.positive("grace", grace);
        cache.checkOpen();
        return handedOver(cache.writes().clear(grace), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> invalidateTag(String tag) {
        Context.tag(tag);
        cache.checkOpen();
        return handedOver(cache.writes().invalidateTag(tag, Duration.ZERO), Function.identity());
    }

    @Override
    public CompletableFuture<WriteResult> invalidateTag(String tag, Duration grace) {
        Context.tag(tag);
        CachePolicy.positive("grace", grace);
        cache.checkOpen();
        return handedOver(cache.writes().invalidateTag(tag, grace), Function.identity());
    }

    @Override
    public CompletableFuture<Explanation> explain(K key) {
        requireNonNull(key, "key");
        cache.checkOpen();
        return handedOver(cache.explains().explain(key), Function.identity());
    }

    private static <V> Optional<V> value(Answer<V> answer) {
        return Optional.ofNullable(answer.value());
    }
}
