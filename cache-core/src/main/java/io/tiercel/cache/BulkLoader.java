package io.tiercel.cache;

import java.util.Map;
import java.util.Set;

/**
 * Loads all the keys that no tier has, in one call.
 *
 * @param <K> the key
 * @param <V> the value
 */
@FunctionalInterface
public interface BulkLoader<K, V> {
    /**
     * Loads the values of some keys.
     *
     * @param keys not empty, unmodifiable
     * @return the values found; a key that is not in the map has no value, and that is remembered for
     *     {@link CachePolicy#negativeTtl()}. Other keys in it are ignored.
     * @throws Exception fails all the keys of this call; see {@link BulkLoadingException}
     */
    Map<K, V> loadAll(Set<K> keys) throws Exception;
}
