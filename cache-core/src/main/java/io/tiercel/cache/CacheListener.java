package io.tiercel.cache;

/**
 * Is told of rare events. Called on the cache's executor; what it throws is logged and changes nothing. It must not call
 * the cache.
 */
@FunctionalInterface
public interface CacheListener {
    /** Something happened. May be called by several threads at once. */
    void onEvent(CacheEvent event);
}
