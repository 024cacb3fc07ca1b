package io.tiercel.cache;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first remote tier's feed of changes as the engine uses it, or the lack of one. Keys of entries begin with the
 * cache's name and a colon; what the cache notes for itself begins with its name and {@link #NOTE}, which no cache's name
 * contains. Thread-safe.
 */
final class Watch implements AutoCloseable {
    private static final char NOTE = '!';

    private final String cache;
    private final Duration bound;
    private volatile @Nullable ChangeFeed feed;

    Watch(String cache, Duration bound) {
        this.cache = cache;
        this.bound = bound;
    }

    /** Begins to listen; before, nothing is vouched for, which is what a reader then finds. */
    void open(RemoteTier first, ChangeFeed.Listener listener) {
        feed = first.changes(List.of(cache + ':', cache + NOTE), bound, listener);
    }

    /** How old a change may be that a reader does not see. */
    long boundNanos() {
        return bound.toNanos();
    }

    boolean isOpen() {
        return feed != null;
    }

    /** The part of the tier that the key is in; null if the tier tells of no changes. */
    @Nullable
    Section section(String key) {
        ChangeFeed now = feed;
        return now == null ? null : now.section(key);
    }

    /** How many parts the cache's generation is kept in: readers need no part of the tier but that of their key. */
    int sections() {
        ChangeFeed now = feed;
        return now == null ? 1 : now.sections();
    }

    /** The number of the key's part, from 0. */
    int index(String key) {
        Section section = section(key);
        return section == null ? 0 : section.index();
    }

    @Nullable
    Section sectionAt(int index) {
        ChangeFeed now = feed;
        return now == null ? null : now.sectionAt(index);
    }

    /** The key of a note for one part, kept in that part. */
    String note(int index, String name) {
        ChangeFeed now = feed;
        String note = cache + NOTE + name;
        return now == null ? note : now.keyIn(index, note);
    }

    /** The key of a note for the whole cache, kept anywhere. */
    String note(String name) {
        return cache + NOTE + name;
    }

    /** What the key is the note of, or null if it is an entry's. */
    @Nullable
    String noted(String key) {
        int length = cache.length();
        return key.length() > length && key.charAt(length) == NOTE && key.startsWith(cache)
                ? key.substring(length + 1)
                : null;
    }

    /** Whether what was learned may be used: nobody can have changed it, or it was learned a moment ago. */
    boolean isGood(@Nullable Section section, long epoch, long learned, long now) {
        if (section == null) {
            return now - learned < boundNanos();
        }
        // In this order: what was forgotten before it was vouched for again must not pass.
        boolean inTime = section.isVouched(now) || now - learned < boundNanos();
        return inTime && section.epoch() == epoch;
    }

    List<ChangeFeed.Node> nodes() {
        ChangeFeed now = feed;
        return now == null ? List.of() : now.nodes();
    }

    @Override
    public void close() {
        ChangeFeed now = feed;
        if (now != null) {
            now.close();
        }
    }
}
