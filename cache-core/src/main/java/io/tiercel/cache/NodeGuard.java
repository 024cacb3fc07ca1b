package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.TierException.Kind;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What stands between a cache and one node of a remote tier: a circuit breaker and a bound on the calls under way.
 * Whoever {@link #enter enters} has to {@link #exit exit}, once, whatever happens.
 *
 * <p>A call that began while the breaker was closed says nothing about a node that is being tried again: when the
 * breaker has opened since, its end is not recorded. Otherwise the timeouts of the calls that were under way when a node
 * hung would fail the one that finds it well. Nor is a timeout recorded that came so late that this process must have
 * stood still: after a pause of the garbage collector all calls that were under way have timed out, and no node is to
 * blame. Thread-safe.
 */
final class NodeGuard {
    private static final int WINDOW = 10;
    private static final int LEAST = 5;
    private static final int MOST_DOUBLINGS = 20;
    private static final double JITTER = 0.2;
    private static final long NOT_OPEN = 0;

    final LongAdder failures = new LongAdder();
    final LongAdder timeouts = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder crowded = new LongAdder();
    /** Whether the last call that says something about the node failed; see {@link NodeGuards}. */
    final AtomicBoolean failing = new AtomicBoolean();

    private final NodeGuards guards;
    private final String node;
    private final Resilience resilience;
    private final @Nullable CircuitBreaker breaker;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong openSince = new AtomicLong(NOT_OPEN);
    private final TierException tooMany;
    private volatile long lastEntered;
    private volatile long openUntil;
    private volatile TierException lastFailure;
    private volatile TierException refusal;

    NodeGuard(NodeGuards guards, String node, Resilience resilience) {
        this.guards = guards;
        this.node = node;
        this.resilience = resilience;
        this.tooMany = new TierException(
                Kind.CROWDED,
                guards.tier() + ": node " + node + " is not asked: " + resilience.maximumInFlight()
                        + " calls (resilience.maximumInFlight) wait for its answer already");
        this.lastFailure = tooMany;
        this.refusal = tooMany;
        this.breaker = resilience.breaker() ? breaker() : null;
    }

    private CircuitBreaker breaker() {
        Clock clock = new MonotonicClock(guards.time());
        return CircuitBreaker.of(
                node,
                CircuitBreakerConfig.custom()
                        .slidingWindow(
                                WINDOW,
                                LEAST,
                                CircuitBreakerConfig.SlidingWindowType.COUNT_BASED,
                                CircuitBreakerConfig.SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
                        .failureRateThreshold(resilience.failureRate())
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitIntervalFunctionInOpenState(this::open)
                        .clock(clock)
                        .currentTimestampFunction(unused -> guards.time().nanos(), TimeUnit.NANOSECONDS)
                        .writableStackTraceEnabled(false)
                        .build());
    }

    /**
     * The breaker opens: for how long.
     *
     * @param attempt 1 for the first time in a row
     */
    private long open(int attempt) {
        long most = resilience.openAtMost().toMillis();
        long doubled = resilience.openAtFirst().toMillis() << Math.min(attempt - 1, MOST_DOUBLINGS);
        long wait = Math.max(1, (long) (Math.min(doubled, most) * (1 - JITTER * guards.random())));
        refusal = new TierException(
                lastFailure.kind(),
                guards.tier() + ": node " + node + " is not asked as its last calls failed ("
                        + lastFailure.getMessage() + "); one call tries it again every "
                        + resilience.openAtFirst().toMillis() + " to " + most + " ms, and an answer ends this",
                lastFailure);
        openUntil = guards.time().nanos() + TimeUnit.MILLISECONDS.toNanos(wait);
        return wait;
    }

    /**
     * Asks for leave to make a call.
     *
     * @param now in nanoseconds
     * @return null if it may be made, else what it fails with
     */
    @Nullable
    TierException enter(long now) {
        lastEntered = now;
        if (openSince.get() != NOT_OPEN && now - openUntil < 0) {
            refused.increment(); // what the breaker would say too, at less expense
            return refusal;
        }
        if (inFlight.incrementAndGet() > resilience.maximumInFlight()) {
            inFlight.decrementAndGet();
            crowded.increment();
            return tooMany;
        }
        if (breaker != null && !breaker.tryAcquirePermission()) {
            inFlight.decrementAndGet();
            refused.increment();
            return refusal;
        }
        return null;
    }

    /** Whether the call that was just allowed is the one that tries a failed node again. */
    boolean isProbe() {
        return breaker != null && breaker.getState() != CircuitBreaker.State.CLOSED;
    }

    /** What a call would fail with now if it was not made, or null. */
    @Nullable
    TierException refusal() {
        return openSince.get() != NOT_OPEN && guards.time().nanos() - openUntil < 0 ? refusal : null;
    }

    /**
     * A call has ended.
     *
     * @param call the call
     * @param probe what {@link #isProbe} said when it was allowed
     * @param failure why it failed; null if it was answered
     */
    void exit(GuardedCall<?> call, boolean probe, String operation, @Nullable Throwable failure) {
        inFlight.decrementAndGet();
        if (failure == null) {
            answered(probe);
            guards.answered(this);
            return;
        }
        Kind kind = NodeGuards.kind(failure);
        if (kind == null) {
            release(probe); // the caller's mistake
        } else if (kind == Kind.CROWDED) {
            crowded.increment();
            release(probe);
            guards.refused(node, operation, failure);
        } else if (kind == Kind.REFUSED) {
            answered(probe);
            guards.refused(node, operation, failure);
        } else {
            failures.increment();
            if (kind == Kind.TIMEOUT) {
                timeouts.increment();
                if (!probe && call.wasStalled()) {
                    return;
                }
            }
            guards.failed(this, operation, failure);
            failed(probe, kind, failure);
        }
    }

    private void answered(boolean probe) {
        CircuitBreaker own = breaker;
        if (own == null || !mayRecord(own, probe)) {
            return;
        }
        own.onSuccess(0, TimeUnit.NANOSECONDS);
        long since = openSince.get();
        if (since != NOT_OPEN
                && own.getState() == CircuitBreaker.State.CLOSED
                && openSince.compareAndSet(since, NOT_OPEN)) {
            guards.emit(new CacheEvent.BreakerClosed(
                    guards.cache(),
                    guards.tier(),
                    node,
                    Duration.ofNanos(guards.time().nanos() - since)));
        }
    }

    private void failed(boolean probe, Kind kind, Throwable failure) {
        CircuitBreaker own = breaker;
        if (own == null || !mayRecord(own, probe)) {
            return;
        }
        lastFailure = failure instanceof TierException known
                ? known
                : new TierException(kind, guards.tier() + ": " + failure, failure);
        own.onError(0, TimeUnit.NANOSECONDS, failure);
        if (own.getState() == CircuitBreaker.State.OPEN) {
            long now = guards.time().nanos();
            if (openSince.compareAndSet(NOT_OPEN, now == NOT_OPEN ? 1 : now)) {
                guards.emit(new CacheEvent.BreakerOpened(
                        guards.cache(),
                        guards.tier(),
                        node,
                        requireNonNull(lastFailure),
                        Duration.ofNanos(Math.max(0, openUntil - now))));
            }
        }
    }

    private void release(boolean probe) {
        if (breaker != null && probe) {
            breaker.releasePermission();
        }
    }

    private static boolean mayRecord(CircuitBreaker breaker, boolean probe) {
        return probe || breaker.getState() == CircuitBreaker.State.CLOSED;
    }

    String node() {
        return node;
    }

    long lastEntered() {
        return lastEntered;
    }

    boolean isIdle() {
        return inFlight.get() == 0;
    }

    NodeStats stats() {
        return new NodeStats(
                guards.tier(),
                node,
                state(),
                inFlight.get(),
                failures.sum(),
                timeouts.sum(),
                refused.sum(),
                crowded.sum());
    }

    private NodeStats.State state() {
        CircuitBreaker.State state = breaker == null ? CircuitBreaker.State.CLOSED : breaker.getState();
        return switch (state) {
            case OPEN, FORCED_OPEN -> NodeStats.State.OPEN;
            case HALF_OPEN -> NodeStats.State.HALF_OPEN;
            default -> NodeStats.State.CLOSED;
        };
    }

    /** The breaker measures its waits with a clock of the wall, which may jump. */
    private static final class MonotonicClock extends Clock {
        private final TimeSource time;

        MonotonicClock(TimeSource time) {
            this.time = time;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(0, time.nanos());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
