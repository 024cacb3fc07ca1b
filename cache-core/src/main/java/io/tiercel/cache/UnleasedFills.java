package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Fills without leases, for caches that have them off: what is found or loaded goes into the tiers as long as nobody in
 * this process has written or invalidated the key since; other processes are not asked. Thread-safe.
 */
final class UnleasedFills {
    private final List<TierGuard> guards;
    private final RemoteWrites writes;
    private final BackgroundWrites background;

    UnleasedFills(List<TierGuard> guards, RemoteWrites writes, BackgroundWrites background) {
        this.guards = guards;
        this.writes = writes;
        this.background = background;
    }

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
    void promote(String key, Finding<?> finding, Claim claim) {
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
        Duration life = writes.lifeLeft(guard, frame);
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
            return writes.storeAll(guard, claimed);
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
}
