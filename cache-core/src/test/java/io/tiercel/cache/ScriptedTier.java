package io.tiercel.cache;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A store of several nodes, each of which does what the test says. Keys are {@code node/key}. */
final class ScriptedTier implements RemoteTier {
    static final byte[] VALUE = {1};

    /** How a node answers a key; nodes that are not in here answer at once. */
    final Map<String, Function<String, CompletableFuture<byte[]>>> script = new ConcurrentHashMap<>();

    final List<String> asked = new CopyOnWriteArrayList<>();
    private final Duration timeout;

    ScriptedTier(Duration timeout) {
        this.timeout = timeout;
    }

    void fails(String node, RuntimeException failure) {
        script.put(node, key -> CompletableFuture.failedFuture(failure));
    }

    void hangs(String node) {
        script.put(node, key -> new CompletableFuture<>());
    }

    void heals(String node) {
        script.remove(node);
    }

    @Override
    public String name() {
        return "store";
    }

    @Override
    public Duration timeout() {
        return timeout;
    }

    @Override
    public String node(String key) {
        return key.substring(0, key.indexOf('/'));
    }

    @Override
    public CompletableFuture<byte[]> get(String key) {
        asked.add(key);
        Function<String, CompletableFuture<byte[]>> answer = script.get(node(key));
        return answer == null ? CompletableFuture.completedFuture(VALUE) : answer.apply(key);
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        return all(keys.stream().map(this::get).toList());
    }

    private static <T> CompletableFuture<List<Outcome<T>>> all(List<CompletableFuture<T>> each) {
        List<CompletableFuture<Outcome<T>>> outcomes = each.stream()
                .map(one ->
                        one.handle((value, error) -> error == null ? Outcome.done(value) : Outcome.<T>failed(error)))
                .toList();
        return CompletableFuture.allOf(outcomes.toArray(CompletableFuture<?>[]::new))
                .thenApply(x -> new ArrayList<>(
                        outcomes.stream().map(CompletableFuture::join).toList()));
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return get(key).thenApply(x -> null);
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        return all(entries.stream().map(e -> put(e.key(), e.value(), e.ttl())).toList());
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return get(key).thenApply(x -> true);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return all(keys.stream().map(this::remove).toList());
    }

    @Override
    public CompletableFuture<byte[]> putIfAbsent(String key, byte[] value, Duration ttl) {
        return get(key);
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        return remove(key);
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        return remove(key);
    }

    @Override
    public void close() {}
}
