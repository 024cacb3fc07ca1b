package io.tiercel.cache.chaos;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A remote tier in the memory of this process, for tests without a server. It answers at once, keeps what it is given
 * until its end, and tells caches of changes as Redis does, so that several caches over one tier keep in step; give
 * each of them {@link #shared()}. It has no limit: what a test puts in stays in.
 *
 * <p>Thread-safe. Futures are complete when they are returned, and changes are told on the thread that made them.
 */
public final class MemoryTier implements RemoteTier {
    private final String name;
    private final ConcurrentMap<String, Stored> stored = new ConcurrentHashMap<>();
    private final List<Feed> feeds = new CopyOnWriteArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Stored(byte[] bytes, long end) {
        static Stored until(byte[] bytes, Duration ttl) {
            return new Stored(
                    requireNonNull(bytes, "value"),
                    System.nanoTime() + requirePositive(ttl).toNanos());
        }

        boolean isLive() {
            return System.nanoTime() - end < 0;
        }

        boolean startsWith(byte[] prefix) {
            return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
        }
    }

    /** An empty tier of that name, which must be unique within a cache. */
    public MemoryTier(String name) {
        this.name = requireNonNull(name, "name");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration timeout() {
        return Duration.ofMillis(200);
    }

    /** How many keys it has, with what caches note for themselves and without what has ended. */
    public int size() {
        return (int) stored.values().stream().filter(Stored::isLive).count();
    }

    /** Forgets everything, as {@code FLUSHALL} does, and tells so. */
    public void clear() {
        stored.clear();
        feeds.forEach(feed -> feed.section.forget());
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        return CompletableFuture.completedFuture(live(key));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        return CompletableFuture.completedFuture(
                keys.stream().map(key -> Outcome.done(live(key))).toList());
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        store(key, value, ttl);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        List<Outcome<Void>> outcomes = new ArrayList<>(entries.size());
        for (TierEntry entry : entries) {
            store(entry.key(), entry.value(), entry.ttl());
            outcomes.add(Outcome.nothing());
        }
        return CompletableFuture.completedFuture(outcomes);
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return CompletableFuture.completedFuture(drop(key));
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return CompletableFuture.completedFuture(
                keys.stream().map(key -> Outcome.done(drop(key))).toList());
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        Stored given = Stored.until(value, ttl);
        Stored before = change(key, (there, isThere) -> isThere ? there : given);
        return CompletableFuture.completedFuture(before == null ? null : before.bytes());
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        requireNonNull(prefix, "prefix");
        Stored given = Stored.until(value, ttl);
        Stored before =
                change(key, (there, isThere) -> isThere && requireNonNull(there).startsWith(prefix) ? given : there);
        return CompletableFuture.completedFuture(before != null && before.startsWith(prefix));
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        requireNonNull(prefix, "prefix");
        Stored before =
                change(key, (there, isThere) -> isThere && requireNonNull(there).startsWith(prefix) ? null : there);
        return CompletableFuture.completedFuture(before != null && before.startsWith(prefix));
    }

    @Override
    public ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        Feed feed = new Feed(prefixes, listener);
        feeds.add(feed);
        return feed;
    }

    /** Ends its feeds and forgets everything. */
    @Override
    public void close() {
        feeds.forEach(Feed::close);
        stored.clear();
    }

    @Override
    public String toString() {
        return "MemoryTier[" + name + "]";
    }

    private byte @Nullable [] live(String key) {
        Stored there = stored.get(requireNonNull(key, "key"));
        return there == null || !there.isLive() ? null : there.bytes();
    }

    private void store(String key, byte[] value, Duration ttl) {
        Stored given = Stored.until(value, ttl);
        var unused = change(key, (there, isThere) -> given);
    }

    private boolean drop(String key) {
        return change(key, (there, isThere) -> null) != null;
    }

    /**
     * One step of the store; told of if something became different.
     *
     * @return what was there before and had not ended
     */
    @SuppressWarnings("ReferenceEquality") // the very same entry is what did not change
    private @Nullable Stored change(String key, BiFunction<@Nullable Stored, Boolean, @Nullable Stored> step) {
        AtomicReference<@Nullable Stored> before = new AtomicReference<>();
        Stored after = stored.compute(requireNonNull(key, "key"), (k, there) -> {
            Stored live = there != null && there.isLive() ? there : null;
            before.set(live);
            return step.apply(live, live != null);
        });
        Stored was = before.get();
        if (after != was) {
            feeds.forEach(feed -> feed.tell(key));
        }
        return was;
    }

    private static Duration requirePositive(Duration ttl) {
        if (ttl.isZero() || ttl.isNegative()) {
            throw new IllegalArgumentException("ttl must be positive: " + ttl);
        }
        return ttl;
    }

    /** One section, which is vouched for as long as the feed is open: nothing is lost on the way to this process. */
    private final class Feed implements ChangeFeed {
        private static final long FOR_EVER = Long.MAX_VALUE / 2;

        private final List<String> prefixes;
        private final Listener listener;
        private final Section section = new Section(0, System.nanoTime());

        Feed(List<String> prefixes, Listener listener) {
            this.prefixes = List.copyOf(prefixes);
            this.listener = listener;
            section.vouchUntil(System.nanoTime() + FOR_EVER);
        }

        void tell(String key) {
            if (prefixes.stream().anyMatch(key::startsWith)) {
                listener.changed(key);
            }
        }

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
            return List.of();
        }

        @Override
        public void close() {
            feeds.remove(this);
            section.vouchUntil(System.nanoTime());
        }
    }
}
