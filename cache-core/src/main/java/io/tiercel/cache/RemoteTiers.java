package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The chain of remote tiers, as it is read: from the first one down until a tier answers; a tier that fails is passed by.
 *
 * <p>Between tiers travel frames, the same bytes from one to the other. Decoding is done on the executor handed in and
 * never on a thread of a store's client. Thread-safe.
 */
final class RemoteTiers<V> {
    private final List<TierGuard> guards;
    private final Findings<V> findings;
    private final Detours detours;
    private final TimeSource time;

    RemoteTiers(List<TierGuard> guards, Findings<V> findings, Detours detours, TimeSource time) {
        this.guards = guards;
        this.findings = findings;
        this.detours = detours;
        this.time = time;
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

    static List<TierGuard> guards(
            String cache, List<RemoteTier> tiers, Resilience resilience, Events events, Alarm alarm, TimeSource time) {
        return tiers.stream()
                .map(tier -> new TierGuard(
                        cache, tier, new NodeGuards(cache, tier, resilience, events, alarm, time), events, time))
                .toList();
    }
}
