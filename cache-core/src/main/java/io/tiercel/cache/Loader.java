package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/**
 * Where a value comes from when no tier has it: a database, a service.
 *
 * @param <K> the key
 * @param <V> the value
 */
@FunctionalInterface
public interface Loader<K, V> {
    /**
     * Loads the value of one key. Runs on the caller's thread in the blocking view, and on the cache's executor in the
     * future view; for each key at most once at a time within one instance.
     *
     * @return the value, or {@code null} if there is none, which is remembered for {@link CachePolicy#negativeTtl()}
     * @throws Exception when it could not find out; it reaches the caller and is never cached. An unchecked exception
     *     reaches the caller as it is, a checked one as the cause of a {@link CacheLoadingException}.
     */
    @Nullable
    V load(K key) throws Exception;
}
