package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The chain of remote tiers. A read walks down until a tier answers; a tier that fails is passed by. A write goes to the
 * first tier, which is the one that counts, and then to the deeper ones; a removal goes the other way round, so that no
 * reader can bring a removed value back up from a deeper tier in between.
 *
 * <p>A deeper tier that does not take a removal, or the removal that a put begins with, may hold an older value. The
 * first tier then notes that whatever the deeper ones hold of that part of the key space is not to be used; see
 * {@link Generations}.
 *
 * <p>Between tiers travel frames, the same bytes from one to the other. Decoding is done on the executor handed in and
 * never on a thread of a store's client. Thread-safe.
 */
final class RemoteTiers<V> {
    private final List<TierGuard> guards;
    private final Findings<V> findings;
    private final @Nullable Generations generations;
    private final Detours detours;
    private final Set<Guard> without;
    private final TimeSource time;
    private final BackgroundWrites background;

    RemoteTiers(
            List<TierGuard> guards,
            Findings<V> findings,
            @Nullable Generations generations,
            Detours detours,
            Set<Guard> without,
            TimeSource time,
            BackgroundWrites background) {
        this.guards = guards;
        this.findings = findings;
        this.generations = generations;
        this.detours = detours;
        this.without = without;
        this.time = time;
        this.background = background;
    }

    boolean isEmpty() {
        return guards.isEmpty();
    }

    List<TierGuard> guards() {
        return guards;
    }

    /** The longest that walking down all tiers can take. */
    Duration timeouts() {
        return guards.stream().map(TierGuard::timeout).reduce(Duration.ZERO, Duration::plus);
    }

    /** All tiers, as failed: for keys for which none may be asked. */
    long all() {
        return (1L << guards.size()) - 1;
    }

    // ---- reading

    /**
     * What one tier has of some keys. Never fails for the state of a tier.
     *
     * @param before what is known of each key from the tiers above
     * @param exact see {@link Findings#of}
     */
    CompletableFuture<List<Finding<V>>> find(
            int depth, List<Sought> sought, List<Finding<V>> before, boolean exact, Executor executor) {
        return find(depth, sought, before, exact, true, executor);
    }

    private CompletableFuture<List<Finding<V>>> find(
            int depth,
            List<Sought> sought,
            List<Finding<V>> before,
            boolean exact,
            boolean counted,
            Executor executor) {
        TierGuard guard = guards.get(depth);
        return Futures.whatever(
                guard.getAll(sought.stream().map(Sought::key).toList()),
                executor,
                (outcomes, error) -> findings.of(
                                depth,
                                sought,
                                outcomes == null ? failed(sought.size(), error) : outcomes,
                                before,
                                exact,
                                executor)
                        .thenApply(found -> depth == 0 ? uncontradicted(sought, found) : found)
                        .thenApply(found -> counted ? counted(guard, depth, found) : found));
    }

    private List<Finding<V>> uncontradicted(List<Sought> sought, List<Finding<V>> found) {
        for (int i = 0; i < found.size(); i++) {
            Frame frame = found.get(i).frame();
            if (frame != null && detours.contradict(sought.get(i).key(), frame)) {
                found.set(i, Finding.outdated(frame, 0, found.get(i).failed()));
            }
        }
        return found;
    }

    private static List<Outcome<byte[]>> failed(int size, @Nullable Throwable error) {
        Throwable cause = error == null ? new IllegalStateException("no outcomes") : TierGuard.unwrap(error);
        return Collections.nCopies(size, Outcome.failed(cause));
    }

    private List<Finding<V>> counted(TierGuard guard, int depth, List<Finding<V>> found) {
        for (Finding<V> one : found) {
            if (one.entry() == null && !one.failedAt(depth)) {
                guard.misses.increment();
            }
        }
        return found;
    }

    /**
     * What the first tier has of a key.
     *
     * @param counted whether a miss is counted
     */
    CompletableFuture<Finding<V>> findFirst(Sought sought, boolean counted, Executor executor) {
        return find(0, List.of(sought), nothing(1), false, counted, executor).thenApply(list -> list.get(0));
    }

    /** What the first tier has of some keys. */
    CompletableFuture<List<Finding<V>>> findFirst(List<Sought> sought, Executor executor) {
        return find(0, sought, nothing(sought.size()), false, executor);
    }

    List<Finding<V>> nothing(int size) {
        return Collections.nCopies(size, Finding.nothing(0));
    }

    /**
     * Asks the deeper tiers, one after the other, for what those above had no value of.
     *
     * @return the findings, in order; those that were values stay
     */
    CompletableFuture<List<Finding<V>>> findDeeper(
            List<Sought> sought, List<Finding<V>> above, boolean exact, Executor executor) {
        return findFrom(1, sought, new ArrayList<>(above), exact, executor);
    }

    private CompletableFuture<List<Finding<V>>> findFrom(
            int depth, List<Sought> sought, List<Finding<V>> known, boolean exact, Executor executor) {
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < sought.size(); i++) {
            Finding<V> one = known.get(i);
            if (!one.isFreshAt(time.nanos()) && !one.failedAt(depth)) {
                open.add(i);
            }
        }
        if (depth >= guards.size() || open.isEmpty()) {
            return CompletableFuture.completedFuture(known);
        }
        return find(
                        depth,
                        open.stream().map(sought::get).toList(),
                        open.stream().map(known::get).toList(),
                        exact,
                        executor)
                .thenCompose(found -> {
                    for (int i = 0; i < open.size(); i++) {
                        int at = open.get(i);
                        known.set(at, better(known.get(at), found.get(i)));
                    }
                    return findFrom(depth + 1, sought, known, exact, executor);
                });
    }

    /** A fresh value before a stale one, a stale one before none; who failed is remembered in any case. */
    private Finding<V> better(Finding<V> above, Finding<V> below) {
        boolean take = below.entry() != null && (above.entry() == null || below.isFreshAt(time.nanos()));
        return take ? below : above.withFailed(below.failed());
    }

    // ---- copying upwards and filling

    /**
     * Whoever copies or fills, and the keys for which it may: a key that was written or invalidated since it began is
     * not its any more.
     */
    interface Claim {
        boolean holds(String key);

        /** Looks and sends in one step: no claim is lost in between. */
        <T> T ordered(Supplier<T> lookAndSend);

        /** What was stored under the key after the claim was lost has been taken back. */
        void withdrawn(String key);
    }

    /** Copies what was found to the tiers above that answered that they had nothing; nobody waits for it. */
    void promote(String key, Finding<V> finding, Claim claim) {
        Frame frame = finding.frame();
        if (frame == null || finding.depth() == 0) {
            return;
        }
        for (int depth = 0; depth < finding.depth(); depth++) {
            if ((finding.failed() & 1L << depth) == 0) {
                promote(guards.get(depth), key, frame, claim);
            }
        }
    }

    /** Only if there is nothing yet: whatever came in the meantime is newer. */
    private void promote(TierGuard guard, String key, Frame frame, Claim claim) {
        Duration life = lifeLeft(frame);
        if (life == null || !guard.takes(frame.bytes())) {
            return;
        }
        background.start(() -> claim.ordered(() -> claim.holds(key)
                ? guard.putIfAbsent(key, frame.bytes(), life).thenCompose(present -> {
                    if (present != null) {
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    guard.promotions.increment();
                    return checked(guard, key, frame, claim);
                })
                : CompletableFuture.<Void>completedFuture(null)));
    }

    /**
     * A store may have taken a write that was sent later first. So the claim is looked at again, and what should not be
     * there is taken back unless it has been replaced already.
     */
    private CompletableFuture<Void> checked(TierGuard guard, String key, Frame frame, Claim claim) {
        if (claim.holds(key)) {
            return CompletableFuture.completedFuture(null);
        }
        return guard.removeIfStill(key, frame.header()).handle((removed, error) -> {
            claim.withdrawn(key);
            return null;
        });
    }

    /**
     * Stores what was loaded, without leases. The future completes when the first tier has answered, and never fails: the
     * values are there, whether or not they could be stored.
     *
     * @param failed a first tier that failed the look-up of the same keys is not waited for again
     * @param claim looked at before each tier, and after it
     */
    CompletableFuture<Void> fillAll(Map<String, Frame> frames, long failed, Claim claim) {
        if (guards.isEmpty() || frames.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> first = fillAllOne(guards.get(0), frames, claim);
        background.start(() -> first.thenCompose(done -> fillAllFrom(1, frames, claim)));
        return (failed & 1) == 0 ? first : CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> fillAllFrom(int depth, Map<String, Frame> frames, Claim claim) {
        return depth == guards.size()
                ? CompletableFuture.completedFuture(null)
                : fillAllOne(guards.get(depth), frames, claim)
                        .thenCompose(done -> fillAllFrom(depth + 1, frames, claim));
    }

    private CompletableFuture<Void> fillAllOne(TierGuard guard, Map<String, Frame> frames, Claim claim) {
        Map<String, Frame> claimed = new LinkedHashMap<>(frames);
        CompletableFuture<Map<String, Throwable>> sent = claim.ordered(() -> {
            claimed.keySet().removeIf(key -> !claim.holds(key));
            return storeAll(guard, claimed);
        });
        return sent.thenCompose(failures -> {
            List<CompletableFuture<Void>> checks = new ArrayList<>();
            claimed.forEach((key, frame) -> {
                if (!claim.holds(key)) {
                    checks.add(checked(guard, key, frame, claim));
                }
            });
            return CompletableFuture.allOf(checks.toArray(CompletableFuture<?>[]::new));
        });
    }

    // ---- writing

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
        return timeouts().multipliedBy(4).plusSeconds(1);
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
            Duration life = lifeLeft(frame);
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
                Duration life = lifeLeft(frame);
                return life == null
                        ? CompletableFuture.completedFuture(false)
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
    private CompletableFuture<Map<String, Throwable>> storeAll(TierGuard guard, Map<String, Frame> frames) {
        List<String> keys = new ArrayList<>(frames.size());
        List<TierEntry> entries = new ArrayList<>(frames.size());
        List<String> unfit = new ArrayList<>();
        frames.forEach((key, frame) -> {
            Duration life = lifeLeft(frame);
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

    /** How long a tier may keep the frame, or null if it has ended. */
    @Nullable
    Duration lifeLeft(Frame frame) {
        long millis = frame.hardMillisLeft(time.millis());
        return millis <= 0 ? null : Duration.ofMillis(millis);
    }

    static List<TierGuard> guards(String cache, List<RemoteTier> tiers, Events events, TimeSource time) {
        return tiers.stream()
                .map(tier -> new TierGuard(cache, tier, events, time))
                .toList();
    }
}
