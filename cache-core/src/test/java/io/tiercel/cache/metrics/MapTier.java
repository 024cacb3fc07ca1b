package io.tiercel.cache.metrics;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A remote tier in a map, which answers at once, forgets nothing by itself and fails on demand. */
final class MapTier implements RemoteTier {
    final Map<String, byte[]> map = new ConcurrentHashMap<>();
    volatile boolean failing;

    private final String name;
    private final int maximumValueBytes;

    MapTier(String name) {
        this(name, Integer.MAX_VALUE);
    }

    MapTier(String name, int maximumValueBytes) {
        this.name = name;
        this.maximumValueBytes = maximumValueBytes;
    }

    private <T> CompletableFuture<T> answer(Supplier<T> answer) {
        return failing
                ? CompletableFuture.failedFuture(new TierException(name + ": down"))
                : CompletableFuture.completedFuture(answer.get());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration timeout() {
        return Duration.ofSeconds(1);
    }

    @Override
    public int maximumValueBytes() {
        return maximumValueBytes;
    }

    @Override
    public CompletableFuture<byte[]> get(String key) {
        return answer(() -> map.get(key));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        return answer(() -> keys.stream().map(key -> Outcome.done(map.get(key))).toList());
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        return answer(() -> {
            map.put(key, value);
            return null;
        });
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        return answer(() -> {
            entries.forEach(entry -> map.put(entry.key(), entry.value()));
            return entries.stream().map(entry -> Outcome.<Void>nothing()).toList();
        });
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return answer(() -> map.remove(key) != null);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return answer(() ->
                keys.stream().map(key -> Outcome.done(map.remove(key) != null)).toList());
    }

    @Override
    public CompletableFuture<byte[]> putIfAbsent(String key, byte[] value, Duration ttl) {
        return answer(() -> map.putIfAbsent(key, value));
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        return answer(() -> {
            byte[] old = map.get(key);
            return old != null && startsWith(old, prefix) && map.replace(key, old, value);
        });
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        return answer(() -> {
            byte[] old = map.get(key);
            return old != null && startsWith(old, prefix) && map.remove(key, old);
        });
    }

    /** Of one node, and of nothing. */
    @Override
    public ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        Section section = new Section(0, System.nanoTime());
        return new ChangeFeed() {
            @Override
            public int sections() {
                return 1;
            }

            @Override
            public Section sectionAt(int index) {
                return section;
            }

            @Override
            public Section section(String key) {
                return section;
            }

            @Override
            public String keyIn(int index, String noted) {
                return noted;
            }

            @Override
            public List<Node> nodes() {
                return List.of(new Node("10.0.0.5:7000", State.ARMED, Duration.ofMillis(20), 3, 1));
            }

            @Override
            public void close() {
                section.forget();
            }
        };
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    @Override
    public void close() {
        map.clear();
    }
}
