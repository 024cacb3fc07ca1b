package io.tiercel.cache;

import com.netflix.concurrency.limits.limit.Gradient2Limit;
import io.tiercel.cache.CacheOverloadedException.Reason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How much this process asks of the source at once. Readers who find no permit wait in a bounded queue, first come first
 * served, and not for ever: a queue that is longer than the source can work off in time answers nobody. Renewals that
 * nobody waits for come after all readers and have half of the permits at most.
 *
 * <p>Nothing here waits: a permit comes by a future. Thread-safe.
 */
final class LoaderPermits implements AutoCloseable {
    private final String cache;
    private final Live<CachePolicy> policy;
    private final Alarm alarm;
    private final TimeSource time;
    private final Counters counters;
    private final @Nullable FleetShares fleet;
    private final Runnable more = this::handOut;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Waiting> readers = new ArrayDeque<>();
    private final Deque<Waiting> renewals = new ArrayDeque<>();
    private int out;
    private int outBehind;
    private final AtomicLong meanNanos = new AtomicLong(10_000_000);

    private final Set<Thread> loading = ConcurrentHashMap.newKeySet();
    private @Nullable Adaptive adaptive;

    /** @param fleet with whom they are shared; null with nobody */
    LoaderPermits(
            String cache,
            Live<CachePolicy> policy,
            Alarm alarm,
            TimeSource time,
            Counters counters,
            @Nullable FleetShares fleet) {
        this.cache = cache;
        this.policy = policy;
        this.alarm = alarm;
        this.time = time;
        this.counters = counters;
        this.fleet = fleet;
    }

    /** From now on learns when the fleet has more, until it is closed. */
    void listen() {
        if (fleet != null) {
            fleet.onMore(more);
        }
    }

    @Override
    public void close() {
        if (fleet != null) {
            fleet.forget(more);
        }
    }

    private record Adaptive(int most, Gradient2Limit limit) {}

    private static final class Waiting {
        final CompletableFuture<Permit> permit = new CompletableFuture<>();

        @Nullable
        ScheduledFuture<?> deadline;
    }

    /** Calls a loader under a permit, which is given back. */
    <T> T within(Permit permit, Callable<T> loader) throws Exception {
        boolean outermost = loading.add(Thread.currentThread());
        try {
            return loader.call();
        } finally {
            if (outermost) {
                loading.remove(Thread.currentThread());
            }
            permit.close();
        }
    }

    /**
     * A permit if one is free and nobody was before. A loader that reads from the same cache on its own thread does so under
     * the permit that it has: waiting for a second one, all who hold one could wait for each other.
     */
    @Nullable
    Permit tryAcquire(boolean background) {
        if (loading.contains(Thread.currentThread())) {
            return new Permit(background, nothing -> {});
        }
        lock.lock();
        try {
            return takeInTurn(background);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Permit takeInTurn(boolean background) {
        return readers.isEmpty() && (!background || renewals.isEmpty()) ? take(background) : null;
    }

    private @Nullable Permit take(boolean background) {
        int limit = limit();
        if (out >= limit || (background && outBehind >= Math.max(1, limit / 2))) {
            return null;
        }
        // Last, as what is taken of the fleet's is used.
        if (fleet != null && !fleet.takeLoaderPermit()) {
            return null;
        }
        out++;
        if (background) {
            outBehind++;
        }
        return new Permit(background, this::back);
    }

    /** A permit when one becomes free; fails with a {@link CacheOverloadedException} if that takes too long. */
    CompletableFuture<Permit> acquire(boolean background) {
        CachePolicy now = policy.get();
        Waiting waiting = new Waiting();
        Permit free;
        lock.lock();
        try {
            free = takeInTurn(background);
            if (free == null) {
                if (readers.size() + renewals.size() >= now.loaderQueue()) {
                    counters.loadsShed.increment();
                    return CompletableFuture.failedFuture(overloaded(
                            Reason.QUEUE_FULL, "as many loads as loaderQueue allows wait (" + now.loaderQueue() + ")"));
                }
                (background ? renewals : readers).add(waiting);
            }
        } finally {
            lock.unlock();
        }
        if (free != null) {
            waiting.permit.complete(free);
            return waiting.permit;
        }
        counters.loadsQueued.increment();
        waiting.deadline = alarm.in(now.loaderWait().toMillis(), () -> tooLate(waiting, background, now.loaderWait()));
        if (waiting.deadline == null || waiting.permit.isDone()) {
            cancel(waiting.deadline);
        }
        return waiting.permit;
    }

    private void tooLate(Waiting waiting, boolean background, Duration waited) {
        CacheOverloadedException failure;
        lock.lock();
        try {
            if (!(background ? renewals : readers).remove(waiting)) {
                return;
            }
            failure = overloaded(
                    Reason.WAITED_TOO_LONG,
                    "no loader permit became free within loaderWait (" + waited.toMillis() + " ms)");
        } finally {
            lock.unlock();
        }
        counters.loadsShed.increment();
        waiting.permit.completeExceptionally(failure);
    }

    private CacheOverloadedException overloaded(Reason reason, String what) {
        long before = readers.size() + 1L;
        long nanos = before * meanNanos.get() / Math.max(1, limit());
        Duration retryAfter = Duration.ofNanos(Math.max(1_000_000, nanos));
        return new CacheOverloadedException(
                "cache '" + cache + "': the source is not asked: " + what + ", " + out + " loader calls are under way",
                reason,
                retryAfter);
    }

    private void back(Permit permit) {
        lock.lock();
        try {
            out--;
            if (permit.background) {
                outBehind--;
            }
        } finally {
            lock.unlock();
        }
        if (fleet != null) {
            fleet.returnLoaderPermit();
        }
        handOut();
    }

    /** Gives what is free to those who wait; to be called when there may be more than before. */
    void handOut() {
        List<Runnable> given = new ArrayList<>();
        lock.lock();
        try {
            handOut(readers, false, given);
            if (readers.isEmpty()) {
                handOut(renewals, true, given);
            }
        } finally {
            lock.unlock();
        }
        given.forEach(Runnable::run); // outside of the lock: others' code may follow
    }

    private void handOut(Deque<Waiting> queue, boolean background, List<Runnable> given) {
        while (!queue.isEmpty()) {
            Permit permit = take(background);
            if (permit == null) {
                return;
            }
            Waiting next = queue.remove();
            given.add(() -> {
                cancel(next.deadline);
                if (!next.permit.complete(permit)) {
                    permit.close();
                }
            });
        }
    }

    private static void cancel(@Nullable ScheduledFuture<?> deadline) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /** A loader call has ended. */
    void took(long nanos, boolean failed) {
        meanNanos.updateAndGet(mean -> mean + (nanos - mean) / 8);
        Adaptive now = adaptive;
        if (policy.get().adaptivePermits() && now != null) {
            now.limit().onSample(time.nanos() - nanos, Math.max(1, nanos), Math.max(1, out), failed);
            handOut();
        }
    }

    /** How many may be out; called with the lock. 0 if others have the whole source. */
    private int limit() {
        int own = ownLimit();
        return fleet == null ? own : Math.min(own, fleet.loaderPermits());
    }

    private int ownLimit() {
        CachePolicy now = policy.get();
        if (!now.adaptivePermits()) {
            adaptive = null;
            return now.loaderPermits();
        }
        Adaptive is = adaptive;
        if (is == null || is.most() != now.loaderPermits()) {
            is = new Adaptive(
                    now.loaderPermits(),
                    Gradient2Limit.newBuilder()
                            .minLimit(1)
                            .initialLimit(now.loaderPermits())
                            .maxConcurrency(now.loaderPermits())
                            .build());
            adaptive = is;
        }
        return Math.max(1, Math.min(is.most(), is.limit().getLimit()));
    }

    /** How many loader calls may be under way now. */
    int permitted() {
        lock.lock();
        try {
            return limit();
        } finally {
            lock.unlock();
        }
    }

    /** How many loader calls are under way, or about to begin. */
    int underWay() {
        lock.lock();
        try {
            return out;
        } finally {
            lock.unlock();
        }
    }

    /** How many loads wait. */
    int waiting() {
        lock.lock();
        try {
            return readers.size() + renewals.size();
        } finally {
            lock.unlock();
        }
    }
}
