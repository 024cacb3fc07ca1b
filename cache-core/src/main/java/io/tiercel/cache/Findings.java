package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes sense of the bytes that a tier answered with: a value that may be used, or one that has ended by its life, by its
 * generation or by a tag, or somebody's placeholder, or nothing.
 *
 * <p>A value is first judged by what is known of generations and tags, which costs nothing. What does not fit is judged
 * once more by what the store says now: others may know of a newer generation than this process does. Thread-safe.
 */
final class Findings<V> {
    private final List<TierGuard> guards;
    private final Framing<V> framing;
    private final @Nullable Generations generations;
    private final Tags tags;
    private final Live<CachePolicy> policy;
    private final TimeSource time;

    Findings(
            List<TierGuard> guards,
            Framing<V> framing,
            @Nullable Generations generations,
            Tags tags,
            Live<CachePolicy> policy,
            TimeSource time) {
        this.guards = guards;
        this.framing = framing;
        this.generations = generations;
        this.tags = tags;
        this.policy = policy;
        this.time = time;
    }

    /** Bytes of one key that are a frame, so that only its surroundings are in question. */
    private record Candidate(int position, Sought sought, Frame frame) {}

    /**
     * What one tier answered for each key, in order.
     *
     * @param before what is known of each key from the tiers above
     * @param exact whether generations are asked for anew and not taken from memory; needed before a value goes into a
     *     tier above, where nobody would look at this tier's floor again
     */
    CompletableFuture<List<Finding<V>>> of(
            int depth,
            List<Sought> sought,
            List<Outcome<byte[]>> outcomes,
            List<Finding<V>> before,
            boolean exact,
            Executor executor) {
        List<Finding<V>> findings = new ArrayList<>(sought.size());
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < sought.size(); i++) {
            long failed = before.get(i).failed();
            Finding<V> plain = Finding.nothing(failed);
            if (!(outcomes.get(i) instanceof Outcome.Done<byte[]> done)) {
                plain = Finding.nothing(failed | 1L << depth);
            } else if (done.value() != null) {
                byte[] bytes = done.value();
                if (Placeholder.is(bytes)) {
                    plain = Finding.leased(depth, failed);
                } else {
                    Frame frame = frame(depth, sought.get(i).key(), bytes);
                    if (frame != null && frame.hardMillisLeft(time.millis()) <= -lifeboatMillis(depth, frame)) {
                        plain = Finding.outdated(frame, depth, failed);
                    } else if (frame != null) {
                        candidates.add(new Candidate(i, sought.get(i), frame));
                    }
                }
            }
            findings.add(plain);
        }
        if (candidates.isEmpty() || generations == null) {
            return CompletableFuture.completedFuture(findings);
        }
        return surroundings(generations, depth, candidates, exact)
                .thenApplyAsync(
                        around -> {
                            for (Candidate one : candidates) {
                                findings.set(
                                        one.position(),
                                        judged(
                                                depth,
                                                one,
                                                around,
                                                findings.get(one.position()).failed()));
                            }
                            return findings;
                        },
                        executor);
    }

    /** For how long after its end the tier may still hold a value that is of use. */
    private long lifeboatMillis(int depth, Frame frame) {
        return depth > 0 && depth == guards.size() - 1 && !frame.isNegative()
                ? policy.get().lifeboat().toMillis()
                : 0;
    }

    private @Nullable Frame frame(int depth, String key, byte[] bytes) {
        try {
            return Frame.read(key, bytes);
        } catch (MalformedFrameException e) {
            guards.get(depth).discard(key, bytes, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Generations by part, and tags by name; what could not be learned is missing. */
    private record Around(
            Map<Integer, Generations.Known> generations, Set<Integer> unanswered, Map<String, Tag> tags) {}

    private CompletableFuture<Around> surroundings(
            Generations known, int depth, List<Candidate> candidates, boolean exact) {
        Map<Integer, Generations.Known> good = new HashMap<>();
        Set<Integer> asked = new LinkedHashSet<>();
        Set<Integer> unanswered = ConcurrentHashMap.newKeySet();
        Set<String> names = new LinkedHashSet<>();
        for (Candidate one : candidates) {
            int index = one.sought().index();
            Generations.Known now = exact ? null : known.good(index);
            if (now == null || !fits(depth, now, one.frame())) {
                asked.add(index);
            } else {
                good.put(index, now);
            }
            names.addAll(one.frame().provenance().tags());
        }
        CompletableFuture<Map<Integer, Generations.Known>> all = CompletableFuture.completedFuture(good);
        for (int index : asked) {
            all = all.thenCombine(
                    known.fresh(index).exceptionally(error -> {
                        unanswered.add(index);
                        return known.last(index);
                    }),
                    (map, now) -> {
                        if (now != null) {
                            map.put(index, now);
                        }
                        return map;
                    });
        }
        CompletableFuture<Map<String, Tag>> tagged = names.isEmpty()
                ? CompletableFuture.completedFuture(Map.of())
                : tags.known(names).handle((list, error) -> {
                    Map<String, Tag> byName = new HashMap<>();
                    if (list != null) {
                        list.forEach(tag -> byName.put(tag.name, tag));
                    }
                    return byName;
                });
        return all.thenCombine(tagged, (byPart, byName) -> new Around(byPart, unanswered, byName));
    }

    private static boolean fits(int depth, Generations.Known known, Frame frame) {
        long generation = frame.provenance().generation();
        return known.isOf(generation) && (depth == 0 || known.isAboveFloor(generation));
    }

    private static boolean stands(int depth, Generations.Known known, long generation) {
        return (known.isOf(generation) || known.isGraced(generation)) && (depth == 0 || known.isAboveFloor(generation));
    }

    private Finding<V> judged(int depth, Candidate one, Around around, long failed) {
        Frame frame = one.frame();
        Generations.Known known = around.generations().get(one.sought().index());
        long generation = frame.provenance().generation();
        boolean cutOff = (failed & 1) != 0;
        if (around.unanswered().contains(one.sought().index()) && !cutOff) {
            return Finding.outdated(frame, depth, failed);
        }
        // While the first tier is away its notes are too. What is known of them counts; where nothing is known, a
        // deeper
        // tier's value is better than everybody asking the source, and it goes no further than into L1 for a moment.
        if (known == null ? !cutOff : !stands(depth, known, generation)) {
            return Finding.outdated(frame, depth, failed);
        }
        boolean graced = known != null && !known.isOf(generation);
        List<Tag> own = new ArrayList<>();
        long now = time.nanos();
        for (String name : frame.provenance().tags()) {
            Tag tag = around.tags().get(name);
            Tag.Known state = tag == null ? null : tag.good(now);
            long stamp = frame.provenance().stamp();
            if (tag == null || state == null || (state.ends(stamp) && !state.graces(stamp))) {
                return Finding.outdated(frame, depth, failed);
            }
            graced |= state.ends(stamp);
            own.add(tag);
        }
        try {
            Entry<V> entry = framing.decode(frame, own);
            if (!entry.isUsableAt(now)) {
                entry = entry.lasting(TimeUnit.MILLISECONDS.toNanos(lifeboatMillis(depth, frame)));
            }
            return Finding.value(graced ? entry.gracedAt(now) : entry, frame, depth, failed);
        } catch (MalformedFrameException e) {
            guards.get(depth).discard(one.sought().key(), frame.bytes(), String.valueOf(e.getMessage()));
            return Finding.nothing(failed);
        }
    }
}
