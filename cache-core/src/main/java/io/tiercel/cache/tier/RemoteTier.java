package io.tiercel.cache.tier;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A store of bytes outside this process. The engine asks its tiers one after the other, and puts into the ones above
 * what it found below.
 *
 * <p><b>Rules for whoever implements it</b> ({@code RemoteTierContract} in the tests checks them):
 *
 * <ul>
 *   <li>No method blocks the caller and none throws for the state of the store: that is what the future says. Only
 *       misuse (a null, a ttl that is not positive) throws at once.
 *   <li>Every future completes by itself within about {@link #timeout()}, also when the store hangs. It fails with a
 *       {@link TierException}, whose message names the store and never the value, and whose kind says whether its
 *       node is to be left alone for a while.
 *   <li>A bulk future always completes with one {@link Outcome} per element, in the order asked.
 *   <li>Any key is accepted: the store maps what it cannot take as it is, so that two keys never meet.
 *   <li>Queues towards the store are bounded; what does not fit fails at once.
 *   <li>A store that went away and came back is used again without anybody's help.
 *   <li>Futures complete on threads of the store's client. Callers that run code which is not theirs go elsewhere
 *       first.
 * </ul>
 *
 * <p>Thread-safe. Arrays given and returned are not copied and must not be changed by either side.
 */
public interface RemoteTier extends AutoCloseable {
    /** A short constant name for metrics, logs and explanations, such as {@code redis}; unique within one cache. */
    String name();

    /** After this long every operation has answered or failed; about 10 ms of timer grain may come on top. */
    Duration timeout();

    /**
     * Which node of the store serves the key now, as operators know it: host and port, say. What fails on one node is
     * then no reason to leave the others alone. Called before each operation, so it does not wait and makes no new
     * string each time; it may be wrong for a moment while nodes change. The tier's name for a store of one node, or
     * while no node is known.
     */
    default String node(String key) {
        return name();
    }

    /** The longest value in bytes that this store takes; the engine doesn't offer it a longer one. */
    default int maximumValueBytes() {
        return Integer.MAX_VALUE;
    }

    /** The bytes stored under the key, or {@code null} when there are none. */
    CompletableFuture<byte @Nullable []> get(String key);

    /** Reads all keys with one write on the wire for each node that holds any of them. */
    CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys);

    /**
     * Stores the bytes and forgets them after {@code ttl}. The future completes normally only when the store has
     * confirmed it.
     */
    CompletableFuture<Void> put(String key, byte[] value, Duration ttl);

    /** Writes all entries with one write on the wire for each node that is to hold any of them. */
    CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries);

    /** Removes the key; true when there was something to remove. */
    CompletableFuture<Boolean> remove(String key);

    /** Removes all keys with one write on the wire for each node. */
    CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys);

    /**
     * Stores the bytes if there are none, as one step of the store.
     *
     * @return {@code null} when it stored them, else the bytes that are there
     */
    CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl);

    /**
     * Replaces what is stored if its first bytes are {@code prefix}, as one step of the store: nothing that was written
     * meanwhile is lost.
     *
     * @param prefix what the stored bytes must begin with; enough of them to tell two values of a key apart
     * @return whether it was replaced
     */
    CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl);

    /** Removes what is stored if its first bytes are {@code prefix}, as one step of the store. */
    CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix);

    /** As {@link #putIfAbsent} for many keys, with one write on the wire for each node where the store can. */
    default CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        return Singles.all(entries, entry -> putIfAbsent(entry.key(), entry.value(), entry.ttl()));
    }

    /** As {@link #replaceIfStartsWith} for many keys, with one write on the wire for each node where the store can. */
    default CompletableFuture<List<Outcome<Boolean>>> replaceAllIfStartsWith(List<Replacement> replacements) {
        return Singles.all(replacements, one -> replaceIfStartsWith(one.key(), one.prefix(), one.value(), one.ttl()));
    }

    /**
     * Opens a feed of the changes to all keys that begin with one of the prefixes, by whomever they are made. Does not
     * wait: nothing is vouched for until the store's nodes are listened to. The feed ends with the tier.
     *
     * @param prefixes none may be the beginning of another
     * @param bound how old a change may be that the listener was not told of, while the key's section is vouched for
     * @param listener called on threads of the store's client
     * @return null if this store cannot tell of changes
     */
    default @Nullable ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        return null;
    }

    /** Releases connections and threads. Operations under way fail. A second call does nothing. */
    @Override
    void close();

    /**
     * This tier for one more cache: the same store, whose {@link #close()} does nothing. A cache closes the tiers that
     * it was given; give it {@code tier.shared()} when others use the tier too, and close the tier itself at the end.
     */
    default RemoteTier shared() {
        return new SharedTier(this);
    }
}
