package io.tiercel.cache;

import io.tiercel.cache.Flights.Flight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets readers go who have waited long enough for a load: with a stale value after the soft timeout if there is one, with
 * an exception after the hard one. The load goes on and is stored. A load that reached its hard timeout is joined by nobody
 * any more, and its key is left alone for a moment as after a failure. Thread-safe.
 */
final class Patience<V> {
    private final String cache;
    private final Live<CachePolicy> policy;
    private final Flights<Answer<V>> loads;
    private final Backoffs backoffs;
    private final Alarm alarm;
    private final Counters counters;

    Patience(
            String cache,
            Live<CachePolicy> policy,
            Flights<Answer<V>> loads,
            Backoffs backoffs,
            Alarm alarm,
            Counters counters) {
        this.cache = cache;
        this.policy = policy;
        this.loads = loads;
        this.backoffs = backoffs;
        this.alarm = alarm;
        this.counters = counters;
    }

    /**
     * One key that somebody waits for.
     *
     * @param flight that brings it, or at least is the first to be tried
     * @param answer what it comes to
     * @param mine what the reader is given
     */
    private record Wait<V>(
            String stored,
            Flight<Answer<V>> flight,
            CompletableFuture<Answer<V>> answer,
            CompletableFuture<Answer<V>> mine) {}

    /** Keys that one reader waits for. Used by one thread. */
    final class Waits {
        private final boolean leads;
        private final List<Wait<V>> waits = new ArrayList<>();
        private final CachePolicy now = policy.get();

        private Waits(boolean leads) {
            this.leads = leads;
        }

        /** What the reader is given in place of the answer. */
        CompletableFuture<Answer<V>> add(String stored, Flight<Answer<V>> flight, CompletableFuture<Answer<V>> answer) {
            if (answer.isDone() || (softTimeout().isZero() && hardTimeout().isZero())) {
                return answer;
            }
            Wait<V> wait = new Wait<>(stored, flight, answer, new CompletableFuture<>());
            waits.add(wait);
            return wait.mine();
        }

        private Duration softTimeout() {
            return now.softTimeout();
        }

        /** Who calls the loader himself cannot be let go; who waits for him can. */
        private Duration hardTimeout() {
            return now.hardTimeout().isZero() && !leads ? CachePolicy.LONGEST_SHARED_WAIT : now.hardTimeout();
        }

        /** From here on the time runs. */
        void begin() {
            if (waits.isEmpty()) {
                return;
            }
            List<Wait<V>> all = List.copyOf(waits);
            ScheduledFuture<?> soft = in(softTimeout(), () -> all.forEach(Patience.this::soften));
            ScheduledFuture<?> hard = in(hardTimeout(), () -> all.forEach(wait -> giveUp(wait, hardTimeout())));
            for (Wait<V> wait : all) {
                var unused = wait.answer().whenComplete((answer, error) -> {
                    if (error == null) {
                        wait.mine().complete(answer);
                    } else {
                        wait.mine().completeExceptionally(TierGuard.unwrap(error));
                    }
                });
            }
            var unused = CompletableFuture.allOf(all.stream().map(Wait::mine).toArray(CompletableFuture<?>[]::new))
                    .whenComplete((done, error) -> {
                        cancel(soft);
                        cancel(hard);
                    });
        }
    }

    /** @param leads whether the reader's own thread calls the loader, if nothing lets it leave before */
    Waits waits(boolean leads) {
        return new Waits(leads);
    }

    /** As {@link #waits} for one key. */
    CompletableFuture<Answer<V>> limit(
            String stored, Flight<Answer<V>> flight, CompletableFuture<Answer<V>> answer, boolean leads) {
        Waits one = waits(leads);
        CompletableFuture<Answer<V>> limited = one.add(stored, flight, answer);
        one.begin();
        return limited;
    }

    private @Nullable ScheduledFuture<?> in(Duration timeout, Runnable task) {
        return timeout.isZero() ? null : alarm.in(Math.max(1, timeout.toMillis()), task);
    }

    private static void cancel(@Nullable ScheduledFuture<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** What there is instead may become known only later: the tiers are still being asked. */
    private void soften(Wait<V> wait) {
        var unused = wait.flight().instead().thenAccept(instead -> {
            Answer<V> stale = instead.get();
            if (stale != null && wait.mine().complete(stale)) {
                counters.softTimeouts.increment();
                counters.stale.increment();
            }
        });
    }

    private void giveUp(Wait<V> wait, Duration waited) {
        if (wait.mine().isDone()) {
            return;
        }
        CacheTimeoutException failure = new CacheTimeoutException(cache, waited);
        if (wait.flight().overdue()) {
            loads.detach(wait.stored(), wait.flight());
            backoffs.failed(wait.stored(), failure);
        }
        Supplier<@Nullable Answer<V>> instead = wait.flight().instead().getNow(() -> null);
        Answer<V> stale = instead.get();
        boolean mine = stale == null
                ? wait.mine().completeExceptionally(failure)
                : wait.mine().complete(stale);
        if (mine) {
            counters.hardTimeouts.increment();
            if (stale != null) {
                counters.stale.increment();
            }
        }
    }
}
