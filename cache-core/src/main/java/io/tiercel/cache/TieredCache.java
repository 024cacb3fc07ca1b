package io.tiercel.cache;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache of several tiers behind one {@code get}: L1 in this process, then remote tiers such as Redis and Memcached,
 * each larger and slower than the one before. What is found below is put into the tiers above with the life that it has
 * left; what is found nowhere is loaded, once per key at a time, and put into all of them.
 *
 * <pre>{@code
 * TieredCache<String, User> users = TieredCache.<String, User>builder("users")
 *         .local(LocalTier.maximumSize(100_000))
 *         .remote(RedisTier.connect("redis://10.0.0.5:7000"))
 *         .remote(MemcachedTier.connect("cache-1:11211", "cache-2:11211"))
 *         .codec(JsonCodec.of(User.class))
 *         .policy(p -> p.ttl(Duration.ofMinutes(10)))
 *         .build();
 *
 * User user = users.get("42", id -> repository.find(id));
 * }</pre>
 *
 * <p><b>Errors.</b> A remote tier that fails is a miss for readers and never their exception. A loader's failure is its
 * caller's exception. A write or an invalidation that does not reach the first remote tier is a
 * {@link CacheWriteException}. Keys, values and arguments that must not be null are refused with a
 * {@link NullPointerException} that names them; after {@link #close()} every operation is an
 * {@link IllegalStateException}.
 *
 * <p><b>Threads.</b> All methods may be called from any thread. Those of this view block for at most the tiers' timeouts
 * plus the loader's own time; {@link #async()} is the same cache with futures. A loader must not ask the cache for the
 * key that it is loading.
 *
 * <p>Values are shared between callers as long as L1 holds them: they should be immutable.
 *
 * @param <K> the key; needs {@code equals} and {@code hashCode}
 * @param <V> the value
 */
public interface TieredCache<K, V> extends AutoCloseable {
    /**
     * Starts the description of a cache.
     *
     * @param name 1 to 64 of {@code A-Z a-z 0-9 _ . -}; the first part of every stored key, and the {@code cache} tag of
     *     every meter
     */
    static <K, V> TieredCacheBuilder<K, V> builder(String name) {
        return new TieredCacheBuilder<>(name);
    }

    /** The name given to {@link #builder}. */
    String name();

    /** The value if any tier has a fresh one, else {@code null}; loads nothing. */
    @Nullable
    V getIfPresent(K key);

    /** The values that any tier has fresh, with one write on the wire for each node; keys without one are absent. */
    Map<K, V> getAllPresent(Collection<? extends K> keys);

    /**
     * The value, from the first tier that has it, else from the loader.
     *
     * @return {@code null} only if the loader found none
     */
    @Nullable
    V get(K key, Loader<? super K, ? extends V> loader);

    /** As {@link #get(Object, Loader)}, with a loader that is told what the cache still holds and can say more. */
    @Nullable
    V get(K key, ContextLoader<? super K, V> loader);

    /**
     * The values of many keys: one write on the wire for each node of each tier, and one call of the loader with the
     * keys that no tier has. Keys that another caller is loading are waited for and not loaded twice.
     *
     * @return unmodifiable, in the order of {@code keys}; keys without a value are absent
     * @throws BulkLoadingException if some keys failed; it holds the others' values
     */
    Map<K, V> getAll(Collection<? extends K> keys, BulkLoader<K, V> loader);

    /** Stores a value in every tier, to live as long as the policy says. */
    WriteResult put(K key, V value);

    /**
     * Stores a value in every tier.
     *
     * @param ttl positive, at most {@link CachePolicy#LONGEST}; jitter still shortens it
     */
    WriteResult put(K key, V value, Duration ttl);

    /** Stores many values, with one write on the wire for each node. */
    WriteResult putAll(Map<? extends K, ? extends V> entries);

    /** Removes a value from every tier, the deepest first. */
    WriteResult invalidate(K key);

    /** Removes many values, with one write on the wire for each node. */
    WriteResult invalidateAll(Collection<? extends K> keys);

    /**
     * Ends the fresh life of a value but keeps it: the next read loads it anew, and has the old one to fall back on
     * until its hard end if the loader fails.
     */
    WriteResult expire(K key);

    /**
     * Ends all entries of this cache in every tier and every process. A number of writes that does not depend on how many
     * there are; what they take in the stores goes with their lives.
     *
     * @throws CacheWriteException if a part of the first remote tier did not take it; it holds for the others
     */
    WriteResult clear();

    /**
     * As {@link #clear()}, but what was stored may still be served while it is renewed, so that not everything is loaded
     * at once. Take at least as long as loading everything in use takes: keys / (loads per second that the source can
     * take - its usual load).
     *
     * @param grace positive, at most {@link CachePolicy#LONGEST}
     */
    WriteResult clear(Duration grace);

    /**
     * Ends all entries with this tag (see {@link LoadContext#tags}) in every tier and every process, with a number of
     * writes that does not depend on how many there are. Loads that are under way are not stored with the tag.
     *
     * @param tag 1 to 256 bytes of UTF-8
     * @throws CacheWriteException if the first remote tier did not take it
     */
    WriteResult invalidateTag(String tag);

    /**
     * As {@link #invalidateTag(String)}, but what was stored may still be served while it is renewed.
     *
     * @param grace positive, at most {@link CachePolicy#LONGEST}
     */
    WriteResult invalidateTag(String tag, Duration grace);

    /**
     * Loads the value now, whatever the tiers hold, and stores it. Callers who refresh at the same time share one load.
     *
     * @return as {@link #get(Object, Loader)}
     */
    @Nullable
    V refresh(K key, Loader<? super K, ? extends V> loader);

    /** As {@link #refresh(Object, Loader)}, with a loader that is told what the cache still holds. */
    @Nullable
    V refresh(K key, ContextLoader<? super K, V> loader);

    /** The same cache with futures. */
    AsyncTieredCache<K, V> async();

    /** How long entries live and what may be served when; may be changed and reset at any time. */
    Live<CachePolicy> policy();

    /** Counts since the cache was built. */
    CacheStats stats();

    /** How well it keeps in step with the same cache in other processes. */
    CoherenceStats coherence();

    /** How the cache gets on with its source: loader calls under way, waiting, refused, too slow. */
    LoaderStats loaders();

    /** What the fleet that it belongs to makes of its settings; null without {@link TieredCacheBuilder#fleet}. */
    @Nullable
    FleetStats fleet();

    /** How calls to the nodes of the remote tiers fare: those that were asked, the nearest tier's first. */
    List<NodeStats> nodes();

    /** What each tier holds under the key and which of them would answer; changes nothing and counts nothing. */
    Explanation explain(K key);

    /** Up to {@code limit} keys of L1, the hottest first by its own estimate of how often they are read. */
    List<K> hottestKeys(int limit);

    /**
     * Fills L1 from the remote tiers before traffic comes. Blocks until done or out of budget; L1 takes the coldest keys
     * first, so that the hottest are the last it would drop. Nothing is loaded from the source of the data.
     *
     * @throws IllegalStateException if the cache has no L1 or no remote tier
     */
    WarmUpReport warmUp(WarmUpSource<K> source, WarmUpOptions options);

    /** Calls the listener for rare events (a tier fails or recovers, bytes that cannot be read) from now on. */
    void addListener(CacheListener listener);

    /** Reports how long remote calls and loads take from now on; for metrics binders. */
    void addTimings(Timings timings);

    /**
     * Waits for writes under way, at most the tiers' timeouts, and closes the tiers that were given to it (see
     * {@link io.tiercel.cache.tier.RemoteTier#shared()}). A second call does nothing.
     */
    @Override
    void close();
}
