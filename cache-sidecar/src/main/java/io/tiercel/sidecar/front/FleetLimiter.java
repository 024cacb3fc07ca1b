package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.keyspace.RateBucket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rate limit of the whole fleet, as one event loop keeps to it: tokens come from the one bucket in Redis, and how many
 * at a time follows from the loop's own traffic. Who sends less than one command in {@value #WINDOW_MS} ms asks for each;
 * who sends more takes what that time needs, asks for more while there is still some, and gives back what a second has
 * not used. All loops of all pods together hold a quarter of the bucket at most. Since the bucket grants each token once,
 * how many hold how much cannot make it more than the limit.
 *
 * <p>A command without a token waits for the answer and is not refused for that. What is refused is remembered: until there
 * can be a token again, and for {@value #PAUSE_MS} ms if they come faster than that, nobody asks, as what comes meanwhile
 * stays in the bucket.
 *
 * <p>While Redis cannot be asked, the pod keeps to its {@link FleetShare}.
 *
 * <p>Confined to its event loop.
 */
final class FleetLimiter {
    /** What {@link #take} returns to who will be told. */
    static final long WAITS = -1;

    private static final long WINDOW_MS = 100;
    private static final long PAUSE_MS = 50;
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(WINDOW_MS);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
    private static final long UNUSED_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Often, as from when the first one pays until the last one does both buckets are filled. */
    private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Longer than it takes the others to find out what this one has found out. */
    private static final long OTHERS_NANOS = TimeUnit.MILLISECONDS.toNanos(1_000);
    /** The part of the bucket that all may hold together. */
    private static final int PART = 4;

    private final Bucket bucket;
    private final FleetShare share;
    private final int loops;
    private final long timeoutNanos;
    private final LongSupplier clock;
    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();

    private RateSettings settings;
    private @Nullable Ask ask;
    private long tokens;
    /** Asks for more when no more are left. */
    private long few;
    /** Goes back with the next question; below 0 it is paid. */
    private long returning;
    /** Until then there is no token, in monotonic nanoseconds. */
    private long dryUntil;

    private boolean without;
    private long probeAt;
    /** When the others have found out as well that Redis is back, and paid; 0 while it is not. */
    private long backAt;

    private long windowAt;
    private long used;
    private long usedBefore;
    private long secondAt;
    private long usedThisSecond;

    /** The fleet's bucket. */
    interface Bucket {
        /** See {@link RateBucket#ask}. */
        void ask(RateSettings settings, long wanted, long returned, RateBucket.Answer answer);
    }

    /** Who waits for a token. */
    interface Waiter {
        /** It has one, or may come back after so many milliseconds, at least 1. */
        void decided(long waitMillis);
    }

    /**
     * @param loops how many loops this pod has
     * @param timeout after this Redis counts as one that cannot be asked
     * @param clock monotonic nanoseconds
     */
    FleetLimiter(
            Bucket bucket, FleetShare share, RateSettings settings, int loops, Duration timeout, LongSupplier clock) {
        this.bucket = bucket;
        this.share = share;
        this.settings = settings;
        this.loops = loops;
        this.timeoutNanos = timeout.toNanos();
        this.clock = clock;
        long now = clock.getAsLong();
        this.dryUntil = now;
        this.windowAt = now;
        this.secondAt = now;
    }

    /**
     * Takes a token.
     *
     * @param current what the limit is, above 0
     * @return 0 if there was one; {@link #WAITS} if the waiter will be told; else after how many milliseconds there will be
     *     one, at least 1
     */
    long take(RateSettings current, Waiter waiter, long now) {
        if (!current.equals(settings)) {
            change(current, now);
        }
        if (tokens > 0) {
            tokens--;
            use(1, now);
            if (tokens <= few && few > 0 && ask == null && !without && now - dryUntil >= 0) {
                ask(0, now);
            }
            return 0;
        }
        if (!without && now - dryUntil >= 0 && ask == null) {
            ask(1, now); // may be answered at once
        }
        if (without) {
            return share.take(settings, now);
        }
        if (ask != null) {
            waiting.add(waiter);
            return WAITS;
        }
        if (tokens > 0) {
            tokens--;
            use(1, now);
            return 0;
        }
        return millis(dryUntil - now);
    }

    /** What was granted by other settings goes back, and what they refused is asked again. */
    private void change(RateSettings current, long now) {
        settings = current;
        returning += tokens;
        tokens = 0;
        few = 0;
        dryUntil = now;
    }

    private void use(long count, long now) {
        if (now - windowAt >= WINDOW_NANOS) {
            usedBefore = now - windowAt >= 2 * WINDOW_NANOS ? 0 : used;
            used = 0;
            windowAt = now;
        }
        used += count;
        usedThisSecond += count;
    }

    /** How many tokens a window takes, by the last two. */
    private long usual(long now) {
        long age = now - windowAt;
        return age >= 2 * WINDOW_NANOS ? 0 : age >= WINDOW_NANOS ? used : Math.max(used, usedBefore);
    }

    // ---- asking

    private final class Ask implements RateBucket.Answer {
        private final long wanted;
        private final long at;

        Ask(long wanted, long at) {
            this.wanted = wanted;
            this.at = at;
        }

        @Override
        public void granted(long granted, long waitMicros, long left) {
            if (ask == this) {
                ask = null;
                come(granted, wanted, TimeUnit.MICROSECONDS.toNanos(waitMicros), left);
            } else {
                returning += granted; // nobody waits for them any more
            }
        }

        @Override
        public void failed(String why) {
            if (ask == this) {
                ask = null;
                fail(why);
            }
        }
    }

    /** @param needed for commands that are there */
    private void ask(int needed, long now) {
        long most = Math.max(1, settings.burst() / ((long) PART * share.pods() * loops));
        long chunk = Math.min(most, Math.max(1, usual(now)));
        long wanted = Math.min(settings.burst(), Math.max(needed, chunk - tokens));
        if (wanted > 0) {
            send(wanted, now);
        } else {
            few /= 2;
        }
    }

    private void send(long wanted, long now) {
        Ask next = new Ask(wanted, now);
        long returned = returning;
        ask = next;
        returning = 0;
        share.asked();
        bucket.ask(settings, wanted, returned, next);
    }

    private void come(long granted, long wanted, long waitNanos, long left) {
        long now = clock.getAsLong();
        share.saw(left, now);
        tokens += granted;
        if (granted < wanted) {
            dryUntil = now + pause(waitNanos);
        }
        if (without) {
            returning -= share.pay(settings, now);
            probeAt = now + PROBE_NANOS;
            if (backAt == 0) {
                backAt = now + OTHERS_NANOS;
            } else if (now - backAt >= 0) {
                without = false;
                share.with();
            }
            if (returning < 0) {
                send(0, now); // before it takes anything
            }
        }
        List<Waiter> in = first((int) Math.min(tokens, waiting.size()));
        tokens -= in.size();
        use(in.size(), now);
        few = tokens < 4 ? 0 : tokens / 2;
        List<Waiter> out = granted < wanted ? first(waiting.size()) : List.of();
        if (!waiting.isEmpty() && ask == null) {
            ask(waiting.size(), now);
        }
        // At the end, as they go on at once and may come back.
        long wait = millis(dryUntil - now);
        in.forEach(waiter -> waiter.decided(0));
        out.forEach(waiter -> waiter.decided(wait));
    }

    private List<Waiter> first(int count) {
        List<Waiter> first = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            first.add(waiting.remove());
        }
        return first;
    }

    /** Not longer than a quarter of the bucket takes to come, so that it does not overflow meanwhile. */
    private long pause(long waitNanos) {
        if (RateLimiter.perToken(settings) >= PAUSE_NANOS) {
            return waitNanos;
        }
        return Math.max(waitNanos, Math.min(PAUSE_NANOS, RateLimiter.depth(settings) / PART));
    }

    private static long millis(long nanos) {
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
    }

    private void fail(String why) {
        long now = clock.getAsLong();
        probeAt = now + PROBE_NANOS;
        backAt = 0;
        if (!without) {
            without = true;
            share.without(settings, why, now);
        }
        for (Waiter waiter : first(waiting.size())) {
            waiter.decided(share.take(settings, now));
        }
    }

    /** Looks whether Redis takes too long or is there again, and for tokens that nobody uses; some times a second. */
    void look(long now) {
        Ask pending = ask;
        if (pending != null && now - pending.at > timeoutNanos) {
            pending.failed("no answer within redis-timeout");
        }
        if (without) {
            if (ask == null && now - probeAt >= 0) {
                probeAt = now + PROBE_NANOS;
                send(0, now);
            }
        } else if (now - secondAt >= UNUSED_NANOS) {
            long unused = Math.max(0, tokens - usedThisSecond);
            secondAt = now;
            usedThisSecond = 0;
            tokens -= unused;
            returning += unused;
            if (returning != 0 && ask == null) {
                send(0, now);
            }
        }
    }

    /** A connection that waits no more. */
    void leave(Waiter waiter) {
        waiting.remove(waiter);
    }

    /** Gives back what is left. */
    void close() {
        returning += tokens;
        tokens = 0;
        if (returning != 0) {
            send(0, clock.getAsLong());
        }
    }
}
