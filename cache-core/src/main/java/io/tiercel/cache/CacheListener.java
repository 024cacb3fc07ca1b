package io.tiercel.cache;

/** Is told of rare events. Called on the cache's executor; what it throws is logged and changes nothing. */
@FunctionalInterface
public interface CacheListener {
    void onEvent(CacheEvent event);
}
