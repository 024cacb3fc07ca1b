package io.tiercel.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.TierException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Invalidates all entries that carry a tag with one write.
 *
 * <p>Stamps are numbers that only grow. Whoever loads a value notes the largest stamp that it knows before it asks the
 * source; an invalidation draws a larger one and notes it under the tag. A value whose stamp is smaller than that of one
 * of its tags was, or may have been, read before the invalidation, and is ended. So the tags need not be known before the
 * load, and a process that knows of fewer stamps than there are only ends too much.
 *
 * <p>The largest stamp lives in the first tier and is moved by compare-and-set; when the store has lost it, it begins
 * again from the clock of whoever notices. The note of a tag is kept for longer than any entry that carries the tag.
 *
 * <p>Without a remote tier, all of this is kept in this process. Thread-safe.
 */
final class Tags {
    private static final Duration KEPT = Duration.ofDays(1_000);
    private static final Duration LEAST_RETENTION = Duration.ofDays(1);
    private static final int MOST_TRIES = 100;
    private static final int MOST_LOCAL = 100_000;

    private final Watch watch;
    private final @Nullable TierGuard first;
    private final Live<CachePolicy> policy;
    private final TimeSource time;
    private final AtomicLong stamp = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final Cache<String, Tag> tags;
    private volatile long localFloor = Tag.Known.none();

    Tags(Watch watch, @Nullable TierGuard first, Live<CachePolicy> policy, TimeSource time) {
        this.watch = watch;
        this.first = first;
        this.policy = policy;
        this.time = time;
        // With a store, whoever uses a tag holds it; without, this is where it is kept.
        this.tags = first == null
                ? Caffeine.newBuilder().build()
                : Caffeine.newBuilder().executor(Runnable::run).weakValues().build();
    }

    /** The state of all tags as far as it is known, to be noted before a value is read from its source. */
    long stamp() {
        return stamp.get();
    }

    /** How many changes to tags are known of, by this process or others. */
    long changes() {
        return changes.get();
    }

    /** The longest that an entry with tags may live. */
    Duration retention() {
        CachePolicy now = policy.get();
        Duration twice = now.ttl().plus(now.staleLife()).plus(now.lifeboat()).multipliedBy(2);
        Duration longest = twice.compareTo(LEAST_RETENTION) > 0 ? twice : LEAST_RETENTION;
        return longest.compareTo(CachePolicy.LONGEST) > 0 ? CachePolicy.LONGEST : longest;
    }

    /** The tags of these names, each with what is known of it. Fails if the store does not answer. */
    CompletableFuture<List<Tag>> known(Collection<String> names) {
        List<Tag> all = new ArrayList<>(names.size());
        List<Tag> unknown = new ArrayList<>();
        for (String name : names) {
            Tag tag = tag(name);
            all.add(tag);
            if (tag.good(time.nanos()) == null) {
                unknown.add(tag);
            }
        }
        return unknown.isEmpty()
                ? CompletableFuture.completedFuture(all)
                : learn(unknown).thenApply(done -> all);
    }

    private Tag tag(String name) {
        return tags.get(name, n -> {
            Tag tag = new Tag(n, watch.note("t" + n), watch);
            if (first == null) {
                tag.learned(Tag.Known.inThisProcess(localFloor, Long.MAX_VALUE, tag.changes()));
            }
            return tag;
        });
    }

    private CompletableFuture<Void> learn(List<Tag> unknown) {
        TierGuard store = first;
        if (store == null) {
            throw new IllegalStateException("without a store every tag is known");
        }
        List<Integer> known = unknown.stream().map(Tag::changes).toList();
        List<Section> sections = new ArrayList<>();
        List<Long> epochs = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        for (Tag tag : unknown) {
            Section section = watch.section(tag.key);
            sections.add(section);
            epochs.add(section == null ? 0 : section.epoch());
            keys.add(tag.key);
        }
        for (Tag tag : unknown) {
            keys.add(graceKey(tag));
        }
        keys.add(stampKey());
        long asked = time.nanos();
        return store.getAll(keys).thenAccept(outcomes -> {
            for (int i = 0; i < unknown.size(); i++) {
                long invalidated = number(outcomes.get(i), Tag.Known.none());
                long graced = graced(outcomes.get(unknown.size() + i), invalidated);
                unknown.get(i)
                        .learned(new Tag.Known(
                                invalidated, graced, sections.get(i), epochs.get(i), asked, known.get(i), false));
            }
            saw(number(outcomes.get(keys.size() - 1), 0));
        });
    }

    private String graceKey(Tag tag) {
        return watch.note("q" + tag.name);
    }

    private String stampKey() {
        return watch.note("c");
    }

    private void saw(long number) {
        stamp.accumulateAndGet(number, Math::max);
    }

    private static byte @Nullable [] bytes(Outcome<byte[]> outcome) {
        if (outcome instanceof Outcome.Done<byte[]> done) {
            return done.value();
        }
        String why = outcome instanceof Outcome.Failed<byte[]> failed
                ? String.valueOf(failed.cause().getMessage())
                : "";
        throw new TierException("a tag could not be read: " + why);
    }

    private static long number(Outcome<byte[]> outcome, long otherwise) {
        return number(bytes(outcome), otherwise);
    }

    private static long number(byte @Nullable [] bytes, long otherwise) {
        return bytes == null || bytes.length != Long.BYTES
                ? otherwise
                : ByteBuffer.wrap(bytes).getLong();
    }

    /** A grace belongs to one invalidation and ends with the next. */
    private static long graced(Outcome<byte[]> outcome, long invalidated) {
        byte[] bytes = bytes(outcome);
        if (bytes == null || bytes.length != 2 * Long.BYTES) {
            return Long.MAX_VALUE;
        }
        ByteBuffer both = ByteBuffer.wrap(bytes);
        return both.getLong() == invalidated ? both.getLong() : Long.MAX_VALUE;
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    /**
     * Ends all entries with the tag that were, or may have been, read from their source before now.
     *
     * @param grace for how long they may still be served while they are renewed; zero for not at all
     */
    CompletableFuture<Void> invalidate(String name, Duration grace) {
        Tag tag = tag(name);
        TierGuard store = first;
        if (store == null) {
            invalidateHere(tag, grace);
            return CompletableFuture.completedFuture(null);
        }
        return draw(store, MOST_TRIES)
                .thenCompose(drawn -> grace.isZero()
                        ? CompletableFuture.completedFuture(drawn)
                        : beginGrace(store, tag, drawn, grace).thenApply(done -> drawn))
                .thenCompose(drawn -> raise(store, tag.key, drawn, retention(), MOST_TRIES))
                .whenComplete((done, error) -> changed(tag));
    }

    private void invalidateHere(Tag tag, Duration grace) {
        long next = stamp.incrementAndGet();
        Tag.Known before = tag.good(time.nanos());
        // In one process the policy's own stale life is grace enough; what it is has been noted in the entry.
        long graced = grace.isZero() || before == null ? Long.MAX_VALUE : before.invalidated();
        changed(tag);
        tag.learned(Tag.Known.inThisProcess(next, graced, tag.changes()));
        if (tags.estimatedSize() > MOST_LOCAL) {
            // Rather all tags are ended than that their number grows for ever.
            localFloor = stamp.incrementAndGet();
            tags.asMap().values().forEach(this::changed);
            tags.invalidateAll();
        }
    }

    /** A stamp larger than all that anybody has noted before. */
    private CompletableFuture<Long> draw(TierGuard store, int tries) {
        return store.get(stampKey()).thenCompose(bytes -> {
            long before = number(bytes, 0);
            long next = Math.max(Math.max(before, stamp.get()) + 1, before == 0 ? time.millis() * 1_000 : 0);
            CompletableFuture<Boolean> moved = bytes == null
                    ? store.putIfAbsent(stampKey(), bytes(next), KEPT).thenApply(present -> present == null)
                    : store.replace(stampKey(), bytes, bytes(next), KEPT);
            return moved.thenCompose(done -> {
                if (done) {
                    saw(next);
                    return CompletableFuture.completedFuture(next);
                }
                return tries == 1 ? CompletableFuture.failedFuture(contended(store)) : draw(store, tries - 1);
            });
        });
    }

    /** Notes the stamp under the key unless a larger one is there. */
    private CompletableFuture<Void> raise(TierGuard store, String key, long to, Duration ttl, int tries) {
        return store.get(key).thenCompose(bytes -> {
            if (bytes != null
                    && bytes.length == Long.BYTES
                    && ByteBuffer.wrap(bytes).getLong() >= to) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Boolean> moved = bytes == null
                    ? store.putIfAbsent(key, bytes(to), ttl).thenApply(present -> present == null)
                    : store.replace(key, bytes, bytes(to), ttl);
            return moved.thenCompose(done -> done
                    ? CompletableFuture.<Void>completedFuture(null)
                    : tries == 1
                            ? CompletableFuture.<Void>failedFuture(contended(store))
                            : raise(store, key, to, ttl, tries - 1));
        });
    }

    /** What was valid until now may be served for a while: the stamp of the last invalidation, for as long as that. */
    private CompletableFuture<Void> beginGrace(TierGuard store, Tag tag, long drawn, Duration grace) {
        return store.get(tag.key).thenCompose(bytes -> {
            long before = number(bytes, Tag.Known.none());
            byte[] both = ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(drawn)
                    .putLong(before)
                    .array();
            return store.put(graceKey(tag), both, grace);
        });
    }

    private static TierException contended(TierGuard store) {
        return new TierException(
                store.name() + ": a tag's stamp changed " + MOST_TRIES + " times meanwhile; repeat it");
    }

    /** In this order: who takes a ticket after the whole must not find what the tag was before. */
    private void changed(Tag tag) {
        tag.changed();
        changes.incrementAndGet();
    }

    /** A note was changed, here or elsewhere. */
    void changed(String note) {
        switch (note.charAt(0)) {
            case 't', 'q' -> {
                Tag tag = tags.getIfPresent(note.substring(1));
                if (tag == null) {
                    changes.incrementAndGet();
                } else {
                    changed(tag);
                }
            }
            case 'c' -> learnStamp();
            default -> {
                // Not of tags.
            }
        }
    }

    /** Knowing less only ends too much, so nobody waits for it, and its failure is the guard's to count. */
    private void learnStamp() {
        TierGuard store = first;
        if (store != null) {
            var unused = store.get(stampKey()).thenAccept(bytes -> {
                if (bytes != null && bytes.length == Long.BYTES) {
                    saw(ByteBuffer.wrap(bytes).getLong());
                }
            });
        }
    }
}
