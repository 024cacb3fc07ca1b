package io.tiercel.cache;

import java.time.Duration;

/**
 * How a cache keeps in step with the same cache in other processes. Immutable: every method that sets something returns
 * a changed copy. Fixed when the cache is built.
 *
 * <p>Both mechanisms work through the first remote tier. One that cannot tell of changes (Memcached, say) leaves L1's
 * copies to their own ends; see {@link CachePolicy#localTtl(Duration)}.
 */
public final class Coherence {
    static final Coherence DEFAULT =
            new Coherence(true, true, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(30), 0);

    private static final Duration LEAST_BOUND = Duration.ofMillis(100);
    private static final Duration LEAST_LEASE = Duration.ofMillis(100);

    private final boolean changes;
    private final boolean leases;
    private final Duration bound;
    private final Duration leaseTime;
    private final Duration leaseWait;
    private final int probeEvery;

    private Coherence(
            boolean changes, boolean leases, Duration bound, Duration leaseTime, Duration leaseWait, int probeEvery) {
        this.changes = changes;
        this.leases = leases;
        this.bound = bound;
        this.leaseTime = leaseTime;
        this.leaseWait = leaseWait;
        this.probeEvery = probeEvery;
    }

    /** Whether L1 follows the changes that the first remote tier tells of. Default true. */
    public boolean changes() {
        return changes;
    }

    /**
     * Whether L1 follows the changes that the first remote tier tells of. Off, a copy in L1 lives until its own end,
     * whatever others write.
     */
    public Coherence changes(boolean changes) {
        return new Coherence(changes, leases, bound, leaseTime, leaseWait, probeEvery);
    }

    /** How old a change elsewhere may be that a read from L1 does not see yet. Default 1 s. */
    public Duration bound() {
        return bound;
    }

    /**
     * How old a change elsewhere may be that a read from L1 does not see yet. When it cannot be known that there was
     * none, L1's copies are not used and the tiers below are asked.
     *
     * @param bound from 100 ms to a minute; a short one makes a slow or busy server look silent sooner
     */
    public Coherence bound(Duration bound) {
        return new Coherence(
                changes,
                leases,
                between("coherence.bound", LEAST_BOUND, bound, Duration.ofMinutes(1)),
                leaseTime,
                leaseWait,
                probeEvery);
    }

    /** Whether one load is made for all processes. Default true. */
    public boolean leases() {
        return leases;
    }

    /** Whether one load is made for all processes; off, each process makes its own. */
    public Coherence leases(boolean leases) {
        return new Coherence(changes, leases, bound, leaseTime, leaseWait, probeEvery);
    }

    /** After how long the others stop waiting for a process that died while it loaded. Default 2 s. */
    public Duration leaseTime() {
        return leaseTime;
    }

    /**
     * After how long the others stop waiting for a process that died while it loaded. A load that takes longer is no
     * problem: its lease is renewed.
     *
     * @param leaseTime from 100 ms to 10 minutes
     */
    public Coherence leaseTime(Duration leaseTime) {
        return new Coherence(
                changes,
                leases,
                bound,
                between("coherence.leaseTime", LEAST_LEASE, leaseTime, Duration.ofMinutes(10)),
                leaseWait,
                probeEvery);
    }

    /** How long a reader waits for a load in another process before it loads itself. Default 30 s. */
    public Duration leaseWait() {
        return leaseWait;
    }

    /**
     * How long a reader waits for a load in another process. After that it loads itself and stores nothing.
     *
     * @param leaseWait from 100 ms to an hour
     */
    public Coherence leaseWait(Duration leaseWait) {
        return new Coherence(
                changes,
                leases,
                bound,
                leaseTime,
                between("coherence.leaseWait", LEAST_LEASE, leaseWait, Duration.ofHours(1)),
                probeEvery);
    }

    /** One in how many hits of L1 is compared with the first remote tier, behind; 0 for none. Default 0. */
    public int probeEvery() {
        return probeEvery;
    }

    /**
     * Compares one in so many hits of L1 with the first remote tier, behind, and reports for how long those that differ
     * stay: the staleness that readers see, measured.
     *
     * @param probeEvery 0 for none, else at least 1
     */
    public Coherence probeEvery(int probeEvery) {
        if (probeEvery < 0) {
            throw new IllegalArgumentException("coherence.probeEvery must be zero or positive: " + probeEvery);
        }
        return new Coherence(changes, leases, bound, leaseTime, leaseWait, probeEvery);
    }

    private static Duration between(String option, Duration least, Duration value, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + " must be from " + least + " to " + most + ": " + value);
        }
        return value;
    }

    @Override
    public String toString() {
        return "Coherence[changes=" + changes + ", bound=" + bound + ", leases=" + leases + ", leaseTime=" + leaseTime
                + ", leaseWait=" + leaseWait + ", probeEvery=" + probeEvery + "]";
    }
}
