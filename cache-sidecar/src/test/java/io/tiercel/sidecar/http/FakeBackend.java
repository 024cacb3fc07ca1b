package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.HotSet;
import io.tiercel.sidecar.control.KeyReport;
import io.tiercel.sidecar.control.KeyReport.Place;
import io.tiercel.sidecar.control.RateStatus;
import io.tiercel.sidecar.control.TierMode;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.TierStatus.Node;
import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpRun;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A cache that remembers what was asked of it. */
final class FakeBackend implements CacheBackend {
    final Map<String, TierMode> modes = new ConcurrentHashMap<>(Map.of("l2", TierMode.NORMAL, "l3", TierMode.NORMAL));
    volatile RateStatus rate = RateStatus.ALONE;
    volatile TierStatus.State l2 = TierStatus.State.UP;
    final AtomicLong commands = new AtomicLong(1_000);
    final List<String> invalidated = new CopyOnWriteArrayList<>();
    final List<byte[]> hotPages = new CopyOnWriteArrayList<>();
    final List<WarmUpPlan> plans = new CopyOnWriteArrayList<>();
    final List<Run> runs = new CopyOnWriteArrayList<>();
    volatile CompletableFuture<Long> invalidation = CompletableFuture.completedFuture(2L);
    final List<String> hot = new CopyOnWriteArrayList<>(List.of("user:1", "<script>alert(1)</script>"));

    /** Whether {@link #mode} fails. */
    volatile boolean stubborn;

    @Override
    public List<TierStatus> tiers() {
        List<Node> redis = List.of(
                new Node("10.0.0.1:6379", l2 == TierStatus.State.UP, "epoch bus"),
                new Node("10.0.0.2:6379", true, "<b>"));
        return List.of(
                new TierStatus(
                        "l1", "memory", TierStatus.State.UP, TierMode.NORMAL, List.of(), 93, 7, 0, 10, 1_000, 1 << 20),
                new TierStatus("l2", "redis", l2, mode("l2"), redis, 5, 2, 1, -1, -1, -1),
                new TierStatus("l3", "memcached", TierStatus.State.UP, mode("l3"), List.of(), 0, 0, 0, -1, -1, -1));
    }

    private TierMode mode(String tier) {
        return modes.getOrDefault(tier, TierMode.NORMAL);
    }

    @Override
    public Traffic traffic() {
        long n = commands.get();
        return new Traffic(n, 800, 600, 100, 10, 5, 80, 5, 150, 2, 50, 7, 8, 3, 12, 40, 1, 4, 6, 99, 45, 315, 19_600);
    }

    @Override
    public RateStatus rateLimit() {
        return rate;
    }

    @Override
    public CompletionStage<KeyReport> where(String key) {
        Place place = new Place("l1", "absent", -1, -1, -1, "");
        return CompletableFuture.completedFuture(new KeyReport(key, "none", List.of(place)));
    }

    @Override
    public CompletionStage<Long> invalidate(List<String> keys) {
        invalidated.addAll(keys);
        return invalidation;
    }

    @Override
    public CompletionStage<Long> invalidatePrefix(String prefix) {
        invalidated.add(prefix + "*");
        return invalidation;
    }

    @Override
    public List<String> hottest(int limit) {
        return List.copyOf(hot);
    }

    @Override
    public HotSet hotSet(int limit) {
        Iterator<byte[]> pages = List.copyOf(hotPages).iterator();
        return bytes -> pages.hasNext() ? pages.next() : new byte[0];
    }

    @Override
    public WarmUpRun warmUp(WarmUpPlan plan) {
        plans.add(plan);
        Run run = new Run();
        runs.add(run);
        return run;
    }

    @Override
    public void mode(String tier, TierMode mode) {
        if (stubborn) {
            throw new IllegalStateException("not now");
        }
        modes.put(tier, mode);
    }

    /** A warm-up that ends when the test says so. */
    static final class Run implements WarmUpRun {
        final CompletableFuture<Progress> end = new CompletableFuture<>();
        volatile double weight = .7;

        @Override
        public Progress progress() {
            return end.getNow(progress(WarmUpRun.State.RUNNING, 40, 30, 4_000, weight, 250));
        }

        void end(WarmUpRun.State state) {
            end.complete(progress(state, 100, 90, 9_000, .98, 500));
        }

        private static Progress progress(
                WarmUpRun.State state, long read, long brought, long bytes, double weight, long elapsed) {
            return new Progress(
                    state,
                    "l2",
                    100,
                    read,
                    brought,
                    bytes,
                    weight,
                    .8 * weight,
                    160,
                    state == WarmUpRun.State.RUNNING ? 375 : 0,
                    elapsed,
                    new WarmUpRun.Skipped(1, 2, 3, 4),
                    0,
                    "");
        }

        @Override
        public void cancel() {
            end(WarmUpRun.State.CANCELLED);
        }

        @Override
        public CompletionStage<Progress> ended() {
            return end;
        }
    }
}
