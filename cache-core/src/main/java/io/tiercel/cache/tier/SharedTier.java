package io.tiercel.cache.tier;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A tier that somebody else closes. */
record SharedTier(RemoteTier tier) implements RemoteTier {
    @Override
    public String name() {
        return tier.name();
    }

    @Override
    public Duration timeout() {
        return tier.timeout();
    }

    @Override
    public String node(String key) {
        return tier.node(key);
    }

    @Override
    public int maximumValueBytes() {
        return tier.maximumValueBytes();
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        return tier.get(key);
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        return tier.getAll(keys);
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return tier.put(key, value, ttl);
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        return tier.putAll(entries);
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return tier.remove(key);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return tier.removeAll(keys);
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        return tier.putIfAbsent(key, value, ttl);
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        return tier.replaceIfStartsWith(key, prefix, value, ttl);
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        return tier.removeIfStartsWith(key, prefix);
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        return tier.putAllIfAbsent(entries);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> replaceAllIfStartsWith(List<Replacement> replacements) {
        return tier.replaceAllIfStartsWith(replacements);
    }

    @Override
    public @Nullable ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        return tier.changes(prefixes, bound, listener);
    }

    @Override
    public RemoteTier shared() {
        return this;
    }

    @Override
    public void close() {
        // Whoever shares it closes it.
    }
}
