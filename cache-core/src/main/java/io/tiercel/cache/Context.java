package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Provenance;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One load's context: what the loader is told, and what it said. Used by one thread. */
final class Context<V> implements LoadContext<V> {
    private static final int LONGEST_ETAG = 1_024;

    private final @Nullable Entry<V> stale;
    private @Nullable Duration ttl;
    private @Nullable String etag;
    private final List<String> tags = new ArrayList<>();
    private boolean store = true;

    Context(@Nullable Entry<V> stale) {
        this.stale = stale;
    }

    @Override
    public @Nullable V staleValue() {
        return stale == null ? null : stale.value;
    }

    @Override
    public @Nullable String etag() {
        return stale == null ? null : stale.etag;
    }

    @Override
    public V notModified() {
        V value = staleValue();
        if (value == null) {
            throw new IllegalStateException("notModified: there is no stale value; ask staleValue() or etag() first");
        }
        etag = etag();
        return value;
    }

    @Override
    public V modified(V value, String etag) {
        requireNonNull(value, "value");
        int bytes = requireNonNull(etag, "etag").getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST_ETAG) {
            throw new IllegalArgumentException("etag must be at most " + LONGEST_ETAG + " bytes of UTF-8: " + bytes);
        }
        this.etag = etag;
        return value;
    }

    @Override
    public LoadContext<V> ttl(Duration ttl) {
        this.ttl = CachePolicy.positive("ttl", ttl);
        return this;
    }

    @Override
    public LoadContext<V> tags(String... tags) {
        for (String tag : tags) {
            String checked = Context.tag(tag);
            if (!this.tags.contains(checked)) {
                this.tags.add(checked);
            }
        }
        if (this.tags.size() > Provenance.MOST_TAGS) {
            throw new IllegalArgumentException(
                    "tags must be at most " + Provenance.MOST_TAGS + ": " + this.tags.size());
        }
        return this;
    }

    static String tag(String tag) {
        int bytes = requireNonNull(tag, "tag").getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > Provenance.LONGEST_TAG) {
            throw new IllegalArgumentException(
                    "tag must be 1 to " + Provenance.LONGEST_TAG + " bytes of UTF-8: " + bytes);
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(tag)) {
            throw new IllegalArgumentException("tag holds a lone surrogate, which UTF-8 cannot express");
        }
        return tag;
    }

    List<String> chosenTags() {
        return List.copyOf(tags);
    }

    @Override
    public LoadContext<V> doNotStore() {
        store = false;
        return this;
    }

    @Nullable
    Duration chosenTtl() {
        return ttl;
    }

    @Nullable
    String newEtag() {
        return etag;
    }

    boolean isToBeStored() {
        return store;
    }
}
