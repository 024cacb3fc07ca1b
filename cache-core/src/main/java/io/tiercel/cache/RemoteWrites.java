package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The chain of remote tiers, as it is written. A put goes to the first tier, which is the one that counts, and then to the
 * deeper ones; a removal goes the other way round, so that no reader can bring a removed value back up from a deeper tier
 * in between.
 *
 * <p>A deeper tier that does not take a removal, or the removal that a put begins with, may hold an older value. The
 * first tier then notes that whatever the deeper ones hold of that part of the key space is not to be used; see
 * {@link Generations}. Thread-safe.
 */
final class RemoteWrites {
    private final List<TierGuard> guards;
    private final @Nullable Generations generations;
    private final Set<Guard> without;
    private final Live<CachePolicy> policy;
    private final TimeSource time;
    private final BackgroundWrites background;

    RemoteWrites(
            List<TierGuard> guards,
            @Nullable Generations generations,
            Set<Guard> without,
            Live<CachePolicy> policy,
            TimeSource time,
            BackgroundWrites background) {
        this.guards = guards;
        this.generations = generations;
        this.without = without;
        this.policy = policy;
        this.time = time;
        this.background = background;
    }

    /**
     * Stores a value in every tier. The deeper ones first forget what they have and keep a place, the first one then
     * takes the value, and at last it goes into the places that nobody else has taken meanwhile: of two puts that
     * overlap, the one that the first tier took last is in no deeper tier undone by the other.
     *
     * @return the deeper tiers that did not confirm it; fails with the first tier's failure
     */
    CompletableFuture<Set<String>> put(Sought sought, Frame frame) {
        return putAll(List.of(sought), Map.of(sought.key(), frame)).thenCompose(bulk -> {
            Throwable failure = bulk.failures().get(sought.key());
            return failure == null
                    ? CompletableFuture.completedFuture(bulk.pending())
                    : CompletableFuture.failedFuture(failure);
        });
    }

    /** As {@link #put}, for many. What the first tier fails goes no further. */
    CompletableFuture<BulkWrite> putAll(List<Sought> sought, Map<String, Frame> frames) {
        if (guards.isEmpty() || frames.isEmpty()) {
            return CompletableFuture.completedFuture(new BulkWrite(Map.of(), Set.of(), Set.of()));
        }
        List<Sought> written =
                sought.stream().filter(one -> frames.containsKey(one.key())).toList();
        byte[] place = Placeholder.next();
        return reserve(written, place)
                .thenCompose(so -> storeAll(guards.get(0), frames).thenCompose(failures -> {
                    Map<String, Frame> stored = new LinkedHashMap<>(frames);
                    stored.keySet().removeAll(failures.keySet());
                    failures.keySet().forEach(key -> giveUp(key, place));
                    return fillPlaces(stored, place, so.pending())
                            .thenApply(pending -> new BulkWrite(failures, pending, so.unsafe()));
                }));
    }

    /**
     * How far a write got.
     *
     * @param failures why the first tier did not take a key
     * @param pending deeper tiers that did not confirm everything else
     * @param unsafe keys of which a deeper tier may hold an older value that nobody knows not to use
     */
    record BulkWrite(Map<String, Throwable> failures, Set<String> pending, Set<String> unsafe) {}

    private record Reserved(Set<String> pending, Set<String> unsafe) {}

    /** In every deeper tier, puts a place for the value to come where an older one may be. */
    private CompletableFuture<Reserved> reserve(List<Sought> sought, byte[] place) {
        List<TierEntry> places = sought.stream()
                .map(one -> new TierEntry(one.key(), place, placeLife()))
                .toList();
        return deepestFirst(sought, guard -> failures(keys(sought), guard.putAll(places)));
    }

    /** A place that nothing will come into would keep others from theirs until its end. */
    private void giveUp(String key, byte[] place) {
        for (TierGuard guard : guards.subList(1, guards.size())) {
            background.start(() -> guard.removeIfStill(key, place));
        }
    }

    /** Long enough for the first tier to answer. */
    private Duration placeLife() {
        return guards.stream()
                .map(TierGuard::timeout)
                .reduce(Duration.ZERO, Duration::plus)
                .multipliedBy(4)
                .plusSeconds(1);
    }

    private CompletableFuture<Set<String>> fillPlaces(Map<String, Frame> frames, byte[] place, Set<String> pending) {
        CompletableFuture<Set<String>> chain = CompletableFuture.completedFuture(new LinkedHashSet<>(pending));
        for (TierGuard guard : guards.subList(1, guards.size())) {
            if (pending.contains(guard.name())) {
                continue;
            }
            chain = chain.thenCompose(
                    names -> replaceAll(guard, frames, place).thenApply(done -> noted(names, guard, !done)));
        }
        return chain;
    }

    /** Somebody who took the place meanwhile may have a value that the first tier took earlier than this one. */
    private CompletableFuture<Boolean> replaceAll(TierGuard guard, Map<String, Frame> frames, byte[] place) {
        if (frames.isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        if (without.contains(Guard.DEEP_CHECK)) {
            return storeAll(guard, frames).thenApply(Map::isEmpty);
        }
        List<Replacement> replacements = new ArrayList<>();
        List<String> lost = new ArrayList<>();
        frames.forEach((key, frame) -> {
            Duration life = lifeLeft(guard, frame);
            if (life == null || !guard.takes(frame.bytes())) {
                lost.add(key);
            } else {
                replacements.add(new Replacement(key, place, frame.bytes(), life));
            }
        });
        CompletableFuture<List<Outcome<Boolean>>> replaced =
                replacements.isEmpty() ? CompletableFuture.completedFuture(List.of()) : guard.replaceAll(replacements);
        return replaced.thenCompose(outcomes -> {
            for (int i = 0; i < replacements.size(); i++) {
                if (!(outcomes.get(i) instanceof Outcome.Done<Boolean> done) || !Boolean.TRUE.equals(done.value())) {
                    lost.add(replacements.get(i).key());
                }
            }
            return lost.isEmpty()
                    ? CompletableFuture.completedFuture(true)
                    : failures(lost, guard.removeAll(lost)).thenApply(Map::isEmpty);
        });
    }

    /** Removes keys from every tier, the deepest first, whatever fails on the way. */
    CompletableFuture<BulkWrite> removeAll(List<Sought> sought) {
        if (guards.isEmpty() || sought.isEmpty()) {
            return CompletableFuture.completedFuture(new BulkWrite(Map.of(), Set.of(), Set.of()));
        }
        List<String> keys = keys(sought);
        if (without.contains(Guard.REMOVAL_ORDER)) {
            return failures(keys, guards.get(0).removeAll(keys))
                    .thenCompose(failures -> removeDeeper(sought, keys)
                            .thenApply(so -> new BulkWrite(failures, so.pending(), so.unsafe())));
        }
        return removeDeeper(sought, keys)
                .thenCompose(so -> failures(keys, guards.get(0).removeAll(keys))
                        .thenApply(failures -> new BulkWrite(failures, so.pending(), so.unsafe())));
    }

    private CompletableFuture<Reserved> removeDeeper(List<Sought> sought, List<String> keys) {
        return deepestFirst(sought, guard -> failures(keys, guard.removeAll(keys)));
    }

    /** Marks what the tiers hold as expired, the deepest first, unless it is replaced meanwhile. */
    CompletableFuture<BulkWrite> expire(Sought sought) {
        if (guards.isEmpty()) {
            return CompletableFuture.completedFuture(new BulkWrite(Map.of(), Set.of(), Set.of()));
        }
        return deepestFirst(List.of(sought), guard -> expireIn(guard, sought.key()))
                .thenCompose(so -> expireIn(guards.get(0), sought.key())
                        .thenApply(failures -> new BulkWrite(failures, so.pending(), so.unsafe())));
    }

    private CompletableFuture<Map<String, Throwable>> expireIn(TierGuard guard, String key) {
        return expire(guard, key)
                .handle((done, error) -> error == null ? Map.of() : Map.of(key, TierGuard.unwrap(error)));
    }

    private CompletableFuture<Boolean> expire(TierGuard guard, String key) {
        return guard.get(key).thenCompose(bytes -> {
            if (bytes == null) {
                return CompletableFuture.completedFuture(false);
            }
            if (Placeholder.is(bytes)) {
                // What is being loaded may be from before; its loader has to give up its place.
                return guard.removeIfStill(key, bytes);
            }
            try {
                Frame frame = Frame.read(key, bytes);
                Duration life = lifeLeft(guard, frame);
                return life == null
                        ? guard.removeIfStill(key, frame.header())
                        : guard.replace(key, frame.header(), frame.expired(key).bytes(), life);
            } catch (MalformedFrameException e) {
                guard.discard(key, bytes, String.valueOf(e.getMessage()));
                return CompletableFuture.completedFuture(false);
            }
        });
    }

    /** Does something in every tier but the first; where one fails, what it holds is made unreadable. */
    private CompletableFuture<Reserved> deepestFirst(
            List<Sought> sought, Function<TierGuard, CompletableFuture<Map<String, Throwable>>> work) {
        CompletableFuture<Reserved> chain =
                CompletableFuture.completedFuture(new Reserved(new LinkedHashSet<>(), new LinkedHashSet<>()));
        for (int depth = guards.size() - 1; depth > 0; depth--) {
            TierGuard guard = guards.get(depth);
            chain = chain.thenCompose(so -> work.apply(guard).thenCompose(failures -> {
                if (failures.isEmpty()) {
                    return CompletableFuture.completedFuture(so);
                }
                noted(so.pending(), guard, true);
                return sealed(sought, failures.keySet(), so);
            }));
        }
        return chain;
    }

    /** Raises the floor under the parts of the keys that a deeper tier did not take. */
    private CompletableFuture<Reserved> sealed(List<Sought> sought, Collection<String> failed, Reserved so) {
        if (generations == null || without.contains(Guard.FLOORS)) {
            return CompletableFuture.completedFuture(so);
        }
        Map<Integer, List<String>> byPart = new LinkedHashMap<>();
        for (Sought one : sought) {
            if (failed.contains(one.key())) {
                byPart.computeIfAbsent(one.index(), index -> new ArrayList<>()).add(one.key());
            }
        }
        CompletableFuture<Reserved> chain = CompletableFuture.completedFuture(so);
        for (Map.Entry<Integer, List<String>> part : byPart.entrySet()) {
            chain = chain.thenCombine(
                    generations.raiseFloor(part.getKey()).handle((done, error) -> error == null), (all, raised) -> {
                        if (!raised) {
                            all.unsafe().addAll(part.getValue());
                        }
                        return all;
                    });
        }
        return chain;
    }

    private static List<String> keys(List<Sought> sought) {
        return sought.stream().map(Sought::key).toList();
    }

    // ---- one tier

    /** A value that a tier does not take must not leave an older one behind that it would hand out later. */
    CompletableFuture<Map<String, Throwable>> storeAll(TierGuard guard, Map<String, Frame> frames) {
        List<String> keys = new ArrayList<>(frames.size());
        List<TierEntry> entries = new ArrayList<>(frames.size());
        List<String> unfit = new ArrayList<>();
        frames.forEach((key, frame) -> {
            Duration life = lifeLeft(guard, frame);
            if (life == null || !guard.takes(frame.bytes())) {
                unfit.add(key);
            } else {
                keys.add(key);
                entries.add(new TierEntry(key, frame.bytes(), life));
            }
        });
        CompletableFuture<Map<String, Throwable>> stored =
                entries.isEmpty() ? none() : failures(keys, guard.putAll(entries));
        return unfit.isEmpty()
                ? stored
                : stored.thenCombine(failures(unfit, guard.removeAll(unfit)), (failures, more) -> {
                    failures.putAll(more);
                    return failures;
                });
    }

    private static CompletableFuture<Map<String, Throwable>> none() {
        return CompletableFuture.completedFuture(new LinkedHashMap<>());
    }

    private static <T> CompletableFuture<Map<String, Throwable>> failures(
            List<String> keys, CompletableFuture<List<Outcome<T>>> outcomes) {
        return outcomes.thenApply(list -> {
            Map<String, Throwable> failures = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                if (list.get(i) instanceof Outcome.Failed<T> failed) {
                    failures.put(keys.get(i), failed.cause());
                }
            }
            return failures;
        });
    }

    private static Set<String> noted(Set<String> unconfirmed, TierGuard guard, boolean failed) {
        if (failed) {
            unconfirmed.add(guard.name());
        }
        return unconfirmed;
    }

    /** How long a tier may keep the frame, or null if it has ended. The deepest one keeps values as a lifeboat, too. */
    @Nullable
    Duration lifeLeft(TierGuard guard, Frame frame) {
        long millis = frame.hardMillisLeft(time.millis());
        if (millis <= 0) {
            return null;
        }
        boolean deepest = guards.size() > 1 && guard == guards.get(guards.size() - 1);
        Duration life = Duration.ofMillis(millis);
        return deepest && !frame.isNegative() ? life.plus(policy.get().lifeboat()) : life;
    }
}
