package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.keyspace.RateBucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Pods of one loop each over one bucket, in a time that passes as fast as the processor can. */
final class VirtualFleet {
    static final Duration TIMEOUT = Duration.ofMillis(200);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparing(Event::order));
    final List<Pod> pods = new ArrayList<>();
    final long start = System.nanoTime();
    long now = start;
    RateSettings settings;
    long wayNanos = TimeUnit.MICROSECONDS.toNanos(250);
    boolean hangs;
    boolean refuses;
    long asks;
    long admitted;
    long refused;
    long waited;
    private long order;

    // The bucket as Redis has it.
    private double debt;
    private long debtAt;

    private record Event(long at, long order, Runnable run) {}

    VirtualFleet(RateSettings settings) {
        this.settings = settings;
        this.debtAt = now;
    }

    final class Pod {
        final FleetShare share = new FleetShare();
        final FleetLimiter limiter = new FleetLimiter(this::ask, share, settings, 1, TIMEOUT, () -> now);
        final long turn = pods.size() * 1_000_000L;
        long admittedHere;

        Pod(IntSupplier size) {
            share.pods(size);
            at(now + LOOK_NANOS + turn, this::look);
        }

        private void look() {
            limiter.look(now);
            at(now + LOOK_NANOS, this::look);
        }

        private void ask(RateSettings given, long wanted, long returned, RateBucket.Answer answer) {
            asks++;
            if (refuses) {
                answer.failed("down");
                return;
            }
            boolean lost = hangs;
            at(now + wayNanos, () -> {
                if (lost || hangs) {
                    return;
                }
                double rate = given.requestsPerMinute() / 60e9;
                debt = Math.max(0, debt - (now - debtAt) * rate);
                debt = Math.min(given.burst(), Math.max(0, Math.min(given.burst(), debt) - returned));
                debtAt = now;
                long granted = Math.min(wanted, (long) Math.floor(given.burst() - debt + 1e-6));
                debt += granted;
                long wait = Math.max(0, (long) Math.ceil((debt + 1 - given.burst()) / rate / 1_000));
                long left = (long) Math.floor(given.burst() - debt + 1e-6);
                at(now + wayNanos, () -> answer.granted(granted, wait, left));
            });
        }

        /** A command comes. */
        void command() {
            long wait = limiter.take(settings, this::decided, now);
            if (wait == FleetLimiter.WAITS) {
                waited++;
            } else {
                decided(wait);
            }
        }

        private void decided(long wait) {
            if (wait == 0) {
                admitted++;
                admittedHere++;
            } else {
                refused++;
            }
        }
    }

    Pod join(IntSupplier size) {
        Pod pod = new Pod(size);
        pods.add(pod);
        return pod;
    }

    void join(int count) {
        for (int i = 0; i < count; i++) {
            join(pods::size);
        }
    }

    void at(long when, Runnable run) {
        events.add(new Event(when, order++, run));
    }

    void run(Duration time) {
        long end = now + time.toNanos();
        while (!events.isEmpty() && events.element().at() <= end) {
            Event next = events.remove();
            now = Math.max(now, next.at());
            next.run().run();
        }
        now = end;
    }

    void forget() {
        debt = 0;
    }

    Duration passed() {
        return Duration.ofNanos(now - start);
    }

    /** What the limit allows since the start. */
    double allowed() {
        return settings.burst() + settings.requestsPerMinute() * (passed().toNanos() / 60e9);
    }
}
