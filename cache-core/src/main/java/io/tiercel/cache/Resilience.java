package io.tiercel.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cache treats remote tiers that fail. Immutable: every method that sets something returns a changed copy. Fixed
 * when the cache is built.
 *
 * <p>Each node of each remote tier has a circuit breaker of its own. When at least {@link #failureRate} percent of its
 * last 10 calls failed, of 5 at least, it opens: calls for that node fail at once and readers go on without it, while
 * other nodes are asked as before. After {@link #openFor} one call is let through; if it is answered the breaker closes,
 * else it stays open for twice as long. What counts as a failure is that a node cannot be reached, does not answer in
 * time or says that it serves nobody; a write that is refused, by a server that is full for example, does not.
 */
public final class Resilience {

    /**
     * A server that does 100,000 operations a second has that many done in the time that a call may take, so more could
     * not be answered in time anyway.
     */
    private static final int IN_FLIGHT = 5_000;

    private static final long BYTES = Math.max(8L << 20, Runtime.getRuntime().maxMemory() / 256);

    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /** After what it is made of. */
    static final Resilience DEFAULT = new Resilience(
            true, 50, Duration.ofMillis(500), Duration.ofSeconds(2), Resilience.IN_FLIGHT, null, Resilience.BYTES);

    private final boolean breaker;
    private final int failureRate;
    private final Duration openAtFirst;
    private final Duration openAtMost;
    private final int maximumInFlight;
    private final @Nullable Duration readTimeout;
    private final long maximumBytesInFlight;

    private Resilience(
            boolean breaker,
            int failureRate,
            Duration openAtFirst,
            Duration openAtMost,
            int maximumInFlight,
            @Nullable Duration readTimeout,
            long maximumBytesInFlight) {
        this.breaker = breaker;
        this.failureRate = failureRate;
        this.openAtFirst = openAtFirst;
        this.openAtMost = openAtMost;
        this.maximumInFlight = maximumInFlight;
        this.readTimeout = readTimeout;
        this.maximumBytesInFlight = maximumBytesInFlight;
    }

    /** Whether nodes that fail are left alone for a while. Default true. */
    public boolean breaker() {
        return breaker;
    }

    /**
     * Whether nodes that fail are left alone for a while; off, every call for a node that hangs costs the tier's
     * timeout.
     */
    public Resilience breaker(boolean breaker) {
        return new Resilience(
                breaker, failureRate, openAtFirst, openAtMost, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    /** How many percent of a node's last calls have to fail before it is left alone. Default 50. */
    public int failureRate() {
        return failureRate;
    }

    /**
     * How many percent of a node's last calls have to fail before it is left alone.
     *
     * @param percent from 1 to 100
     */
    public Resilience failureRate(int percent) {
        if (percent < 1 || percent > 100) {
            throw new IllegalArgumentException("resilience.failureRate must be from 1 to 100: " + percent);
        }
        return new Resilience(
                breaker, percent, openAtFirst, openAtMost, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    /** For how long a node that failed is left alone at first. Default 500 ms. */
    public Duration openAtFirst() {
        return openAtFirst;
    }

    /** For how long a node is left alone at most before one call tries it again. Default 2 s. */
    public Duration openAtMost() {
        return openAtMost;
    }

    /**
     * For how long a node that failed is left alone. Each time that it fails again this doubles; every wait is shortened
     * by up to a fifth, at random, so that many processes don't come back at the same moment.
     *
     * @param first from 10 ms to a minute
     * @param most from {@code first} to a minute; it is also about how long it takes to notice that the node is well
     *     again
     */
    public Resilience openFor(Duration first, Duration most) {
        if (first.compareTo(SHORTEST) < 0 || first.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "resilience.openFor: first must be from " + SHORTEST + " to " + LONGEST + ": " + first);
        }
        if (most.compareTo(first) < 0 || most.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "resilience.openFor: most must be from first, " + first + ", to " + LONGEST + ": " + most);
        }
        return new Resilience(breaker, failureRate, first, most, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    /** How many calls may wait for the answer of one node. Default 5,000. */
    public int maximumInFlight() {
        return maximumInFlight;
    }

    /**
     * How many calls may wait for the answer of one node; more fail at once. A bulk call counts as one.
     *
     * @param maximumInFlight at least 1
     */
    public Resilience maximumInFlight(int maximumInFlight) {
        if (maximumInFlight < 1) {
            throw new IllegalArgumentException("resilience.maximumInFlight must be positive: " + maximumInFlight);
        }
        return new Resilience(
                breaker, failureRate, openAtFirst, openAtMost, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    /**
     * After how long a read of at most 100 keys goes on without the tier, as if that did not have them. A read has other
     * ways to go on, and so needs less patience than a write. The first 1,000 calls of a tier wait for all of its timeout. Default: a quarter of the tier's own timeout, beyond which
     * nothing waits.
     *
     * @param readTimeout from 1 ms to a minute
     */
    public Resilience readTimeout(Duration readTimeout) {
        if (readTimeout.toMillis() < 1 || readTimeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "resilience.readTimeout must be from 1 ms to " + LONGEST + ": " + readTimeout);
        }
        return new Resilience(
                breaker, failureRate, openAtFirst, openAtMost, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    /** How long a read of few keys waits for a tier with that timeout. */
    Duration readTimeoutOf(Duration timeout) {
        Duration most = readTimeout == null ? timeout.dividedBy(4) : readTimeout;
        return most.compareTo(timeout) < 0 ? most : timeout;
    }

    /** How many bytes of single writes may wait for a tier. Default 8 MiB, or a 256th of the heap if that is more. */
    public long maximumBytesInFlight() {
        return maximumBytesInFlight;
    }

    /**
     * How many bytes of single writes may wait until a tier has taken them; what comes on top fails at once. A store that
     * hangs would otherwise fill the memory. One write alone is let through whatever its size; bulk writes are bounded by
     * their callers.
     *
     * @param maximumBytesInFlight at least 1
     */
    public Resilience maximumBytesInFlight(long maximumBytesInFlight) {
        if (maximumBytesInFlight < 1) {
            throw new IllegalArgumentException(
                    "resilience.maximumBytesInFlight must be positive: " + maximumBytesInFlight);
        }
        return new Resilience(
                breaker, failureRate, openAtFirst, openAtMost, maximumInFlight, readTimeout, maximumBytesInFlight);
    }

    @Override
    public String toString() {
        return "Resilience[breaker=" + breaker + ", failureRate=" + failureRate + ", openFor=" + openAtFirst + ".."
                + openAtMost + ", maximumInFlight=" + maximumInFlight + ", readTimeout="
                + (readTimeout == null ? "a quarter" : readTimeout) + ", maximumBytesInFlight=" + maximumBytesInFlight
                + "]";
    }
}
