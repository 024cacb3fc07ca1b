package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The chain of remote tiers. A read walks down until a tier answers; a tier that fails is passed by. A write goes to the
 * first tier, which is the one that counts, and then to the deeper ones; a removal goes the other way round, so that no
 * reader can bring a removed value back up from a deeper tier in between.
 *
 * <p>Between tiers travel frames, the same bytes from one to the other. Decoding is done on the executor handed in and
 * never on a thread of a store's client. Thread-safe.
 */
final class RemoteTiers<V> {
    private final List<TierGuard> guards;
    private final Framing<V> framing;
    private final TimeSource time;
    private final BackgroundWrites background;

    RemoteTiers(List<TierGuard> guards, Framing<V> framing, TimeSource time, BackgroundWrites background) {
        this.guards = guards;
        this.framing = framing;
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

    // ---- reading

    /** What the first tier that has anything of use knows. Never fails for the state of a tier. */
    CompletableFuture<Finding<V>> find(String key, Executor executor) {
        return findFrom(0, key, 0, executor);
    }

    private CompletableFuture<Finding<V>> findFrom(int depth, String key, long failed, Executor executor) {
        if (depth == guards.size()) {
            return CompletableFuture.completedFuture(Finding.nothing(failed));
        }
        return Futures.whatever(guards.get(depth).get(key), executor, (bytes, error) -> {
            long failedNow = error == null ? failed : failed | 1L << depth;
            Finding<V> found = bytes == null ? null : read(depth, key, bytes, failedNow);
            if (found != null) {
                return CompletableFuture.completedFuture(found);
            }
            if (error == null) {
                guards.get(depth).misses.increment();
            }
            return findFrom(depth + 1, key, failedNow, executor);
        });
    }

    /** The findings for all keys, in their order; each tier is asked once for what those above did not have. */
    CompletableFuture<List<Finding<V>>> findAll(List<String> keys, Executor executor) {
        List<Finding<V>> findings = new ArrayList<>(Collections.nCopies(keys.size(), Finding.nothing(0)));
        List<Integer> open = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            open.add(i);
        }
        return findAllFrom(0, keys, findings, open, executor);
    }

    private CompletableFuture<List<Finding<V>>> findAllFrom(
            int depth, List<String> keys, List<Finding<V>> findings, List<Integer> open, Executor executor) {
        if (depth == guards.size() || open.isEmpty()) {
            return CompletableFuture.completedFuture(findings);
        }
        List<String> asked = open.stream().map(keys::get).toList();
        return guards.get(depth)
                .getAll(asked)
                .thenApplyAsync(
                        outcomes -> {
                            List<Integer> stillOpen = new ArrayList<>();
                            for (int i = 0; i < asked.size(); i++) {
                                int at = open.get(i);
                                Finding<V> found = read(
                                        depth,
                                        asked.get(i),
                                        outcomes.get(i),
                                        findings.get(at).failed());
                                findings.set(at, found);
                                if (found.entry() == null) {
                                    stillOpen.add(at);
                                }
                            }
                            return stillOpen;
                        },
                        executor)
                .thenCompose(stillOpen -> findAllFrom(depth + 1, keys, findings, stillOpen, executor));
    }

    private Finding<V> read(int depth, String key, Outcome<byte[]> outcome, long failed) {
        if (!(outcome instanceof Outcome.Done<byte[]> done)) {
            return Finding.nothing(failed | 1L << depth);
        }
        byte[] bytes = done.value();
        Finding<V> found = bytes == null ? null : read(depth, key, bytes, failed);
        if (found == null) {
            guards.get(depth).misses.increment();
            return Finding.nothing(failed);
        }
        return found;
    }

    /** What the bytes say, or null if they are of no use; those that nobody can read are removed. */
    private @Nullable Finding<V> read(int depth, String key, byte[] bytes, long failed) {
        try {
            Frame frame = Frame.read(key, bytes);
            if (frame.hardMillisLeft(time.millis()) <= 0) {
                return null;
            }
            return new Finding<>(framing.decode(frame), frame, depth, failed);
        } catch (MalformedFrameException e) {
            guards.get(depth).discard(key, bytes, String.valueOf(e.getMessage()));
            return null;
        }
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
     * Stores what was loaded. The future completes when the first tier has answered, and never fails: the value is
     * there, whether or not it could be stored. A tier that failed the look-up of the same key is not waited for again.
     *
     * @param claim looked at before each tier, and after it
     */
    CompletableFuture<Void> fill(String key, Frame frame, long failed, Claim claim) {
        if (guards.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> first = fillOne(guards.get(0), key, frame, claim);
        background.start(() -> first.thenCompose(done -> fillFrom(1, key, frame, claim)));
        return (failed & 1) == 0 ? first : CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> fillFrom(int depth, String key, Frame frame, Claim claim) {
        return depth == guards.size()
                ? CompletableFuture.completedFuture(null)
                : fillOne(guards.get(depth), key, frame, claim)
                        .thenCompose(done -> fillFrom(depth + 1, key, frame, claim));
    }

    private CompletableFuture<Void> fillOne(TierGuard guard, String key, Frame frame, Claim claim) {
        Optional<CompletableFuture<Void>> sent =
                claim.ordered(() -> claim.holds(key) ? Optional.of(store(guard, key, frame)) : Optional.empty());
        return sent.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : Futures.whatever(sent.get(), Runnable::run, (done, error) -> checked(guard, key, frame, claim));
    }

    /** As {@link #fill}, for many keys at once. */
    CompletableFuture<Void> fillAll(Map<String, Frame> frames, Claim claim) {
        if (guards.isEmpty() || frames.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> first = fillAllOne(guards.get(0), frames, claim);
        background.start(() -> first.thenCompose(done -> fillAllFrom(1, frames, claim)));
        return first;
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
     * Stores a value in every tier, the first first. Fails with the first tier's failure; the deeper tiers that did not
     * confirm it are the result.
     */
    CompletableFuture<Set<String>> put(String key, Frame frame) {
        if (guards.isEmpty()) {
            return CompletableFuture.completedFuture(Set.of());
        }
        CompletableFuture<Set<String>> chain =
                store(guards.get(0), key, frame).thenApply(done -> new LinkedHashSet<String>());
        for (TierGuard guard : guards.subList(1, guards.size())) {
            chain = chain.thenCompose(unconfirmed ->
                    store(guard, key, frame).handle((done, error) -> noted(unconfirmed, guard, error != null)));
        }
        return chain;
    }

    /**
     * Stores many values in every tier. The result tells the keys that the first tier failed, which went no further,
     * and the deeper tiers that did not confirm everything else.
     */
    CompletableFuture<BulkWrite> putAll(Map<String, Frame> frames) {
        if (guards.isEmpty()) {
            return CompletableFuture.completedFuture(new BulkWrite(Map.of(), Set.of()));
        }
        return storeAll(guards.get(0), frames).thenCompose(failures -> {
            Map<String, Frame> stored = new LinkedHashMap<>(frames);
            stored.keySet().removeAll(failures.keySet());
            CompletableFuture<Set<String>> chain = CompletableFuture.completedFuture(new LinkedHashSet<>());
            for (TierGuard guard : guards.subList(1, guards.size())) {
                chain = chain.thenCompose(unconfirmed ->
                        storeAll(guard, stored).thenApply(failed -> noted(unconfirmed, guard, !failed.isEmpty())));
            }
            return chain.thenApply(unconfirmed -> new BulkWrite(failures, unconfirmed));
        });
    }

    /**
     * How far a bulk write got.
     *
     * @param failures why the first tier did not take a key
     * @param unconfirmed deeper tiers that did not confirm everything else
     */
    record BulkWrite(Map<String, Throwable> failures, Set<String> unconfirmed) {}

    /** Removes keys from every tier, the deepest first, whatever fails on the way. */
    CompletableFuture<BulkWrite> removeAll(List<String> keys) {
        CompletableFuture<BulkWrite> chain =
                CompletableFuture.completedFuture(new BulkWrite(Map.of(), new LinkedHashSet<>()));
        for (int depth = guards.size() - 1; depth >= 0; depth--) {
            TierGuard guard = guards.get(depth);
            boolean first = depth == 0;
            chain = chain.thenCompose(so -> failures(keys, guard.removeAll(keys))
                    .thenApply(failures -> first
                            ? new BulkWrite(failures, so.unconfirmed())
                            : new BulkWrite(Map.of(), noted(so.unconfirmed(), guard, !failures.isEmpty()))));
        }
        return chain;
    }

    /** Removes one key; as {@link #removeAll}, without the bulk's way through the store. */
    CompletableFuture<Set<String>> remove(String key) {
        CompletableFuture<Set<String>> chain = CompletableFuture.completedFuture(new LinkedHashSet<>());
        for (int depth = guards.size() - 1; depth > 0; depth--) {
            TierGuard guard = guards.get(depth);
            chain = chain.thenCompose(
                    unconfirmed -> guard.remove(key).handle((done, error) -> noted(unconfirmed, guard, error != null)));
        }
        return guards.isEmpty()
                ? chain
                : chain.thenCompose(unconfirmed -> guards.get(0).remove(key).thenApply(done -> unconfirmed));
    }

    /** Marks what the tiers hold as expired, the deepest first, unless it is replaced meanwhile. */
    CompletableFuture<Set<String>> expire(String key) {
        CompletableFuture<Set<String>> chain = CompletableFuture.completedFuture(new LinkedHashSet<>());
        for (int depth = guards.size() - 1; depth > 0; depth--) {
            TierGuard guard = guards.get(depth);
            chain = chain.thenCompose(unconfirmed ->
                    expire(guard, key).handle((done, error) -> noted(unconfirmed, guard, error != null)));
        }
        return guards.isEmpty()
                ? chain
                : chain.thenCompose(unconfirmed -> expire(guards.get(0), key).thenApply(done -> unconfirmed));
    }

    private CompletableFuture<Boolean> expire(TierGuard guard, String key) {
        return guard.get(key).thenCompose(bytes -> {
            if (bytes == null) {
                return CompletableFuture.completedFuture(false);
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

    // ---- one tier

    /** A value that a tier does not take must not leave an older one behind that it would hand out later. */
    private CompletableFuture<Void> store(TierGuard guard, String key, Frame frame) {
        Duration life = lifeLeft(frame);
        if (life == null || !guard.takes(frame.bytes())) {
            return guard.remove(key).thenAccept(removed -> {});
        }
        return guard.put(key, frame.bytes(), life);
    }

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
    private @Nullable Duration lifeLeft(Frame frame) {
        long millis = frame.hardMillisLeft(time.millis());
        return millis <= 0 ? null : Duration.ofMillis(millis);
    }

    static List<TierGuard> guards(String cache, List<RemoteTier> tiers, Events events, TimeSource time) {
        return tiers.stream()
                .map(tier -> new TierGuard(cache, tier, events, time))
                .toList();
    }
}
