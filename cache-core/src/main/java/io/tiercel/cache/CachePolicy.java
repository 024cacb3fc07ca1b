package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How long entries live and what may be served when. Immutable: every method that sets something returns a changed
 * copy. A running cache can be given another policy as a whole, see {@link TieredCache#policy()}; entries that are
 * already stored keep the lives they were given.
 *
 * <p>The life of an entry: fresh until its soft end ({@link #ttl()} less the jitter), then stale until its hard end
 * (soft end + the longer of {@link #staleIfError()} and {@link #staleWhileRevalidate()}), then gone from every tier.
 */
public final class CachePolicy {
    /** The longest duration that any setting takes: 3,650 days. */
    public static final Duration LONGEST = Duration.ofDays(3_650);

    static final CachePolicy UNSET =
            new CachePolicy(null, null, Duration.ofSeconds(5), true, 0.2, Duration.ZERO, Duration.ZERO);

    private final @Nullable Duration ttl;
    private final @Nullable Duration localTtl;
    private final Duration negativeTtl;
    private final boolean negativeEntries;
    private final double jitter;
    private final Duration staleIfError;
    private final Duration staleWhileRevalidate;

    private CachePolicy(
            @Nullable Duration ttl,
            @Nullable Duration localTtl,
            Duration negativeTtl,
            boolean negativeEntries,
            double jitter,
            Duration staleIfError,
            Duration staleWhileRevalidate) {
        this.ttl = ttl;
        this.localTtl = localTtl;
        this.negativeTtl = negativeTtl;
        this.negativeEntries = negativeEntries;
        this.jitter = jitter;
        this.staleIfError = staleIfError;
        this.staleWhileRevalidate = staleWhileRevalidate;
    }

    /** How long an entry is fresh, before jitter shortens it. Required: there is no default. */
    public Duration ttl() {
        if (ttl == null) {
            throw new IllegalStateException("policy.ttl is not set");
        }
        return ttl;
    }

    boolean hasTtl() {
        return ttl != null;
    }

    /**
     * How long an entry is fresh.
     *
     * @param ttl positive, at most {@link #LONGEST}
     */
    public CachePolicy ttl(Duration ttl) {
        return new CachePolicy(
                positive("ttl", ttl),
                localTtl,
                negativeTtl,
                negativeEntries,
                jitter,
                staleIfError,
                staleWhileRevalidate);
    }

    /** How long an entry may stay in L1 before it is read again from the tiers below; never beyond its own end. */
    public Duration localTtl() {
        return localTtl == null ? ttl() : localTtl;
    }

    /**
     * Limits the life of L1's copies. Unset, they live as long as their entry.
     *
     * @param localTtl positive, at most {@link #LONGEST}
     */
    public CachePolicy localTtl(Duration localTtl) {
        return new CachePolicy(
                ttl,
                positive("localTtl", localTtl),
                negativeTtl,
                negativeEntries,
                jitter,
                staleIfError,
                staleWhileRevalidate);
    }

    /** How long it is remembered that a key has no value. Default 5 s. */
    public Duration negativeTtl() {
        return negativeTtl;
    }

    /**
     * How long it is remembered that a key has no value.
     *
     * @param negativeTtl positive, at most {@link #LONGEST}
     */
    public CachePolicy negativeTtl(Duration negativeTtl) {
        return new CachePolicy(
                ttl,
                localTtl,
                positive("negativeTtl", negativeTtl),
                negativeEntries,
                jitter,
                staleIfError,
                staleWhileRevalidate);
    }

    /** Whether it is remembered at all that a key has no value. Default true. */
    public boolean negativeEntries() {
        return negativeEntries;
    }

    /** Switches negative entries on or off; off, the loader is asked each time for a key without a value. */
    public CachePolicy negativeEntries(boolean negativeEntries) {
        return new CachePolicy(ttl, localTtl, negativeTtl, negativeEntries, jitter, staleIfError, staleWhileRevalidate);
    }

    /** The largest share by which a life is shortened at random, so that entries made together don't end together. */
    public double jitter() {
        return jitter;
    }

    /**
     * The largest share by which a life is shortened at random. One draw holds for all tiers. Default 0.2.
     *
     * @param jitter from 0 (none) to 1
     */
    public CachePolicy jitter(double jitter) {
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter must be between 0 and 1: " + jitter);
        }
        return new CachePolicy(ttl, localTtl, negativeTtl, negativeEntries, jitter, staleIfError, staleWhileRevalidate);
    }

    /** For how long after its fresh life a value may be served when the loader fails. Default zero: never. */
    public Duration staleIfError() {
        return staleIfError;
    }

    /**
     * For how long after its fresh life a value may be served when the loader fails (RFC 5861).
     *
     * @param staleIfError zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy staleIfError(Duration staleIfError) {
        return new CachePolicy(
                ttl,
                localTtl,
                negativeTtl,
                negativeEntries,
                jitter,
                notNegative("staleIfError", staleIfError),
                staleWhileRevalidate);
    }

    /** For how long after its fresh life a value is served at once while it is loaded anew behind. Default zero. */
    public Duration staleWhileRevalidate() {
        return staleWhileRevalidate;
    }

    /**
     * For how long after its fresh life a value is served at once while one load renews it behind (RFC 5861).
     *
     * @param staleWhileRevalidate zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy staleWhileRevalidate(Duration staleWhileRevalidate) {
        return new CachePolicy(
                ttl,
                localTtl,
                negativeTtl,
                negativeEntries,
                jitter,
                staleIfError,
                notNegative("staleWhileRevalidate", staleWhileRevalidate));
    }

    /** How long past its fresh life an entry is kept. */
    Duration staleLife() {
        return staleIfError.compareTo(staleWhileRevalidate) >= 0 ? staleIfError : staleWhileRevalidate;
    }

    static Duration positive(String option, Duration value) {
        requireNonNull(value, option);
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(option + " must be positive: " + value);
        }
        return notBeyondLongest(option, value);
    }

    private static Duration notNegative(String option, Duration value) {
        requireNonNull(value, option);
        if (value.isNegative()) {
            throw new IllegalArgumentException(option + " must be zero or positive: " + value);
        }
        return notBeyondLongest(option, value);
    }

    private static Duration notBeyondLongest(String option, Duration value) {
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    option + " must be at most " + LONGEST.toDays() + " days: " + value.toDays() + " days");
        }
        return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CachePolicy that
                && Objects.equals(ttl, that.ttl)
                && Objects.equals(localTtl, that.localTtl)
                && negativeTtl.equals(that.negativeTtl)
                && negativeEntries == that.negativeEntries
                && jitter == that.jitter
                && staleIfError.equals(that.staleIfError)
                && staleWhileRevalidate.equals(that.staleWhileRevalidate);
    }

    @Override
    public int hashCode() {
        return Objects.hash(ttl, localTtl, negativeTtl, negativeEntries, jitter, staleIfError, staleWhileRevalidate);
    }

    @Override
    public String toString() {
        return "CachePolicy[ttl=" + ttl + ", localTtl=" + (localTtl == null ? ttl : localTtl) + ", negativeTtl="
                + (negativeEntries ? negativeTtl : "off") + ", jitter=" + jitter + ", staleIfError=" + staleIfError
                + ", staleWhileRevalidate=" + staleWhileRevalidate + "]";
    }
}
