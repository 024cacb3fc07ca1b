package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How long entries live, what may be served when, and how much the source is asked at once. Immutable: every method that
 * sets something returns a changed copy. A running cache can be given another policy as a whole, see
 * {@link TieredCache#policy()}; entries that are already stored keep the lives they were given.
 *
 * <p>The life of an entry: fresh until its soft end ({@link #ttl()} less the jitter), then stale until its hard end
 * (soft end + the longer of {@link #staleIfError()} and {@link #staleWhileRevalidate()}), then gone from every tier but
 * the deepest, where it may be kept for {@link #lifeboat()} longer.
 */
public final class CachePolicy {
    /** The longest duration that any setting takes: 3,650 days. */
    public static final Duration LONGEST = Duration.ofDays(3_650);

    /** For how long a reader waits at most for another reader's loader if no {@link #hardTimeout()} is set: 30 s. */
    public static final Duration LONGEST_SHARED_WAIT = Duration.ofSeconds(30);

    static final CachePolicy UNSET = new CachePolicy(new Settings());

    private final Settings is;

    private CachePolicy(Settings settings) {
        this.is = settings;
    }

    /** Not changed once it is in a policy. */
    private static final class Settings {
        @Nullable
        Duration ttl;

        @Nullable
        Duration localTtl;

        @Nullable
        Duration longestLocalTtl;

        int localTtlInstances = 2;

        Duration negativeTtl = Duration.ofSeconds(5);
        boolean negativeEntries = true;
        double jitter = 0.2;
        Duration staleIfError = Duration.ZERO;
        Duration staleWhileRevalidate = Duration.ZERO;
        Duration lifeboat = Duration.ZERO;
        double refreshAhead;
        Duration refreshAheadIdle = Duration.ZERO;
        Duration softTimeout = Duration.ZERO;
        Duration hardTimeout = Duration.ZERO;
        Duration errorBackoff = Duration.ofMillis(100);
        int loaderPermits = 64;
        boolean adaptivePermits;
        int loaderQueue = 1_000;
        Duration loaderWait = Duration.ofSeconds(5);

        Settings copy() {
            Settings copy = new Settings();
            copy.ttl = ttl;
            copy.localTtl = localTtl;
            copy.longestLocalTtl = longestLocalTtl;
            copy.localTtlInstances = localTtlInstances;
            copy.negativeTtl = negativeTtl;
            copy.negativeEntries = negativeEntries;
            copy.jitter = jitter;
            copy.staleIfError = staleIfError;
            copy.staleWhileRevalidate = staleWhileRevalidate;
            copy.lifeboat = lifeboat;
            copy.refreshAhead = refreshAhead;
            copy.refreshAheadIdle = refreshAheadIdle;
            copy.softTimeout = softTimeout;
            copy.hardTimeout = hardTimeout;
            copy.errorBackoff = errorBackoff;
            copy.loaderPermits = loaderPermits;
            copy.adaptivePermits = adaptivePermits;
            copy.loaderQueue = loaderQueue;
            copy.loaderWait = loaderWait;
            return copy;
        }

        List<@Nullable Object> all() {
            return Arrays.asList(
                    ttl,
                    localTtl,
                    longestLocalTtl,
                    localTtlInstances,
                    negativeTtl,
                    negativeEntries,
                    jitter,
                    staleIfError,
                    staleWhileRevalidate,
                    lifeboat,
                    refreshAhead,
                    refreshAheadIdle,
                    softTimeout,
                    hardTimeout,
                    errorBackoff,
                    loaderPermits,
                    adaptivePermits,
                    loaderQueue,
                    loaderWait);
        }
    }

    private CachePolicy with(Consumer<Settings> change) {
        Settings copy = is.copy();
        change.accept(copy);
        return new CachePolicy(copy);
    }

    // ---- lives

    /** How long an entry is fresh, before jitter shortens it. Required: there is no default. */
    public Duration ttl() {
        Duration ttl = is.ttl;
        if (ttl == null) {
            throw new IllegalStateException("policy.ttl is not set");
        }
        return ttl;
    }

    boolean hasTtl() {
        return is.ttl != null;
    }

    /**
     * How long an entry is fresh.
     *
     * @param ttl positive, at most {@link #LONGEST}
     */
    public CachePolicy ttl(Duration ttl) {
        positive("ttl", ttl);
        return with(s -> s.ttl = ttl);
    }

    /** How long an entry may stay in L1 before it is read again from the tiers below; never beyond its own end. */
    public Duration localTtl() {
        Duration localTtl = is.localTtl;
        return localTtl == null ? ttl() : localTtl;
    }

    /**
     * Limits the life of L1's copies. Unset, they live as long as their entry.
     *
     * <p>In a cache with {@link TieredCacheBuilder#fleet} it is what holds for up to {@link #localTtlInstances()} instances.
     * With N times as many it becomes N times as long, up to {@link #longestLocalTtl()}: each of them reads a key that much
     * less often, so with the same life L2 would be asked that much more often for it. This only while the first remote
     * tier tells of changes, so that a copy that lives longer is not staler.
     *
     * @param localTtl positive, at most {@link #LONGEST}
     */
    public CachePolicy localTtl(Duration localTtl) {
        positive("localTtl", localTtl);
        return with(s -> s.localTtl = localTtl);
    }

    /** How long a copy may stay in L1 however many instances there are. Default: {@link #ttl()}. */
    public Duration longestLocalTtl() {
        Duration longest = is.longestLocalTtl;
        return longest == null ? ttl() : longest;
    }

    /**
     * Limits what {@link #localTtl(Duration)} becomes as instances are added. It bounds how stale a copy can be if a change
     * was not told of, for whatever reason.
     *
     * @param longestLocalTtl positive, at most {@link #LONGEST}; not less than localTtl, not more than ttl
     */
    public CachePolicy longestLocalTtl(Duration longestLocalTtl) {
        positive("longestLocalTtl", longestLocalTtl);
        return with(s -> s.longestLocalTtl = longestLocalTtl);
    }

    /** For how many instances {@link #localTtl()} is meant. Default 2. */
    public int localTtlInstances() {
        return is.localTtlInstances;
    }

    /**
     * For how many instances {@link #localTtl(Duration)} is meant; with more it becomes longer.
     *
     * @param instances from 1 to 1,000
     */
    public CachePolicy localTtlInstances(int instances) {
        between("localTtlInstances", instances, 1, 1_000);
        return with(s -> s.localTtlInstances = instances);
    }

    /** How long it is remembered that a key has no value. Default 5 s. */
    public Duration negativeTtl() {
        return is.negativeTtl;
    }

    /**
     * How long it is remembered that a key has no value.
     *
     * @param negativeTtl positive, at most {@link #LONGEST}
     */
    public CachePolicy negativeTtl(Duration negativeTtl) {
        positive("negativeTtl", negativeTtl);
        return with(s -> s.negativeTtl = negativeTtl);
    }

    /** Whether it is remembered at all that a key has no value. Default true. */
    public boolean negativeEntries() {
        return is.negativeEntries;
    }

    /** Switches negative entries on or off; off, the loader is asked each time for a key without a value. */
    public CachePolicy negativeEntries(boolean negativeEntries) {
        return with(s -> s.negativeEntries = negativeEntries);
    }

    /** The largest share by which a life is shortened at random, so that entries made together don't end together. */
    public double jitter() {
        return is.jitter;
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
        return with(s -> s.jitter = jitter);
    }

    // ---- stale values

    /** For how long after its fresh life a value may be served when the loader fails. Default zero: never. */
    public Duration staleIfError() {
        return is.staleIfError;
    }

    /**
     * For how long after its fresh life a value may be served when the loader fails, is too slow or is not asked since
     * too many are (RFC 5861).
     *
     * @param staleIfError zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy staleIfError(Duration staleIfError) {
        notNegative("staleIfError", staleIfError);
        return with(s -> s.staleIfError = staleIfError);
    }

    /** For how long after its fresh life a value is served at once while it is loaded anew behind. Default zero. */
    public Duration staleWhileRevalidate() {
        return is.staleWhileRevalidate;
    }

    /**
     * For how long after its fresh life a value is served at once while one load renews it behind (RFC 5861).
     *
     * @param staleWhileRevalidate zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy staleWhileRevalidate(Duration staleWhileRevalidate) {
        notNegative("staleWhileRevalidate", staleWhileRevalidate);
        return with(s -> s.staleWhileRevalidate = staleWhileRevalidate);
    }

    /** How much longer the deepest tier keeps a value, to fall back on. Default zero. */
    public Duration lifeboat() {
        return is.lifeboat;
    }

    /**
     * How much longer than the others the deepest remote tier keeps a value. It is served, as a stale one, when the
     * loader fails, is too slow or is not asked, and while somebody else loads the key: when a tier above has lost what
     * it had, a source that cannot stand everybody's requests is not asked for all at once. Without a second remote tier
     * it does nothing.
     *
     * @param lifeboat zero (none) or more, at most {@link #LONGEST}
     */
    public CachePolicy lifeboat(Duration lifeboat) {
        notNegative("lifeboat", lifeboat);
        return with(s -> s.lifeboat = lifeboat);
    }

    /** The share of its fresh life after which a value that is read is renewed behind. Default 0: never. */
    public double refreshAhead() {
        return is.refreshAhead;
    }

    /**
     * Renews a value behind when it is read in L1 after this share of its fresh life, so that nobody waits at its end.
     *
     * @param share from 0.1 to 0.95; or 0: never
     */
    public CachePolicy refreshAhead(double share) {
        if (!(share == 0 || (share >= 0.1 && share <= 0.95))) {
            throw new IllegalArgumentException("refreshAhead must be 0 (off) or between 0.1 and 0.95: " + share);
        }
        return with(s -> s.refreshAhead = share);
    }

    /** For how long after it was read last a value is renewed before its end without being read. Default zero. */
    public Duration refreshAheadIdle() {
        return is.refreshAheadIdle;
    }

    /**
     * Goes on to renew values that nobody reads at the moment, until nobody has read them for so long. Needs
     * {@link #refreshAhead(double)}. The loader of the last read is used.
     *
     * @param idle zero (only who reads causes a renewal) or more, at most {@link #LONGEST}
     */
    public CachePolicy refreshAheadIdle(Duration idle) {
        notNegative("refreshAheadIdle", idle);
        return with(s -> s.refreshAheadIdle = idle);
    }

    // ---- loaders

    /** After how long a reader is given a stale value, if there is one, while the loader goes on. Default zero: never. */
    public Duration softTimeout() {
        return is.softTimeout;
    }

    /**
     * After how long a reader is given a stale value, if there is one, while the loader goes on. With this set, loaders
     * run on the cache's executor and not on their caller's thread: a caller could not leave otherwise.
     *
     * @param softTimeout zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy softTimeout(Duration softTimeout) {
        notNegative("softTimeout", softTimeout);
        return with(s -> s.softTimeout = softTimeout);
    }

    /** After how long a reader gets a {@link CacheTimeoutException}, while the loader goes on. Default zero: never. */
    public Duration hardTimeout() {
        return is.hardTimeout;
    }

    /**
     * After how long a reader gets a {@link CacheTimeoutException}, or a stale value if there is one, while the loader
     * goes on; what it brings late is stored all the same. With this set, loaders run on the cache's executor and not on
     * their caller's thread: a caller could not leave otherwise. Unset, who calls a loader waits for as long as that
     * takes, and who waits for another's does so for {@link #LONGEST_SHARED_WAIT} at most.
     *
     * @param hardTimeout zero (never) or more, at most {@link #LONGEST}
     */
    public CachePolicy hardTimeout(Duration hardTimeout) {
        notNegative("hardTimeout", hardTimeout);
        return with(s -> s.hardTimeout = hardTimeout);
    }

    /** How long a loader is not called again for a key for which it failed three times in a row. Default 100 ms. */
    public Duration errorBackoff() {
        return is.errorBackoff;
    }

    /**
     * How long a loader is not called again for a key for which it failed three times in a row; doubles with each further failure,
     * up to the longer of this and a second. Meanwhile readers get a stale value if there is one, else the same failure. A write or an
     * invalidation of the key here ends it, and {@code refresh} does not heed it.
     *
     * @param errorBackoff zero (none) to one minute
     */
    public CachePolicy errorBackoff(Duration errorBackoff) {
        notNegative("errorBackoff", errorBackoff);
        if (errorBackoff.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("errorBackoff must be at most a minute: " + errorBackoff);
        }
        return with(s -> s.errorBackoff = errorBackoff);
    }

    /** How many loader calls of this cache run at once in this process. Default 64. */
    public int loaderPermits() {
        return is.loaderPermits;
    }

    /**
     * How many loader calls of this cache run at once in this process, whatever asks for them; a bulk loader's call counts
     * once. Renewals behind take at most half of them and only what readers leave. Who finds none free gives up
     * the key's lease, waits, and looks into the tiers again before loading.
     *
     * @param loaderPermits from 1 to 100,000
     */
    public CachePolicy loaderPermits(int loaderPermits) {
        between("loaderPermits", loaderPermits, 1, 100_000);
        return with(s -> s.loaderPermits = loaderPermits);
    }

    /** Whether fewer loader calls run at once when they become slow. Default false. */
    public boolean adaptivePermits() {
        return is.adaptivePermits;
    }

    /**
     * Lowers the number of loader calls that run at once when they take longer than usual, and raises it up to
     * {@link #loaderPermits()} when they don't.
     *
     * @param adaptivePermits whether to
     * @see "Netflix concurrency-limits, Gradient2Limit"
     */
    public CachePolicy adaptivePermits(boolean adaptivePermits) {
        return with(s -> s.adaptivePermits = adaptivePermits);
    }

    /** How many loads wait for others to end before further ones are refused. Default 1,000. */
    public int loaderQueue() {
        return is.loaderQueue;
    }

    /**
     * How many loads wait for others to end before further ones are refused with a {@link CacheOverloadedException}. The
     * calls times {@link #loaderPermits()} that the source answers within {@link #loaderWait()} are enough.
     *
     * @param loaderQueue from 0 to 1,000,000
     */
    public CachePolicy loaderQueue(int loaderQueue) {
        between("loaderQueue", loaderQueue, 0, 1_000_000);
        return with(s -> s.loaderQueue = loaderQueue);
    }

    /** How long a load waits for others to end. Default 5 s. */
    public Duration loaderWait() {
        return is.loaderWait;
    }

    /**
     * How long a load waits for others to end before it is given up with a {@link CacheOverloadedException}.
     *
     * @param loaderWait positive, at most {@link #LONGEST}
     */
    public CachePolicy loaderWait(Duration loaderWait) {
        positive("loaderWait", loaderWait);
        return with(s -> s.loaderWait = loaderWait);
    }

    // ---- what follows from the settings

    /** How long L1 keeps a copy with so many instances. */
    Duration localTtl(int instances) {
        Duration alone = localTtl();
        if (instances <= is.localTtlInstances) {
            return alone;
        }
        Duration grown = alone.multipliedBy(instances).dividedBy(is.localTtlInstances);
        return grown.compareTo(longestLocalTtl()) < 0 ? grown : longestLocalTtl();
    }

    /** How long past its fresh life an entry is kept. */
    Duration staleLife() {
        return is.staleIfError.compareTo(is.staleWhileRevalidate) >= 0 ? is.staleIfError : is.staleWhileRevalidate;
    }

    /** Whether readers leave before the loader has ended. */
    boolean limitsLoaders() {
        return !is.softTimeout.isZero() || !is.hardTimeout.isZero();
    }

    /** What contradicts itself, or null. */
    @Nullable
    String contradiction() {
        if (!hasTtl()) {
            return "policy.ttl is required: .policy(p -> p.ttl(Duration.ofMinutes(10)))";
        }
        if (localTtl().compareTo(ttl()) > 0) {
            return "policy.localTtl must not be longer than policy.ttl: " + localTtl() + " > " + ttl();
        }
        Duration longest = is.longestLocalTtl;
        if (longest != null && (longest.compareTo(localTtl()) < 0 || longest.compareTo(ttl()) > 0)) {
            return "policy.longestLocalTtl must be from policy.localTtl to policy.ttl: " + longest + " is not from "
                    + localTtl() + " to " + ttl();
        }
        if (!is.softTimeout.isZero() && !is.hardTimeout.isZero() && is.softTimeout.compareTo(is.hardTimeout) >= 0) {
            return "policy.softTimeout must be shorter than policy.hardTimeout: " + is.softTimeout + " >= "
                    + is.hardTimeout;
        }
        if (is.refreshAhead == 0 && !is.refreshAheadIdle.isZero()) {
            return "policy.refreshAheadIdle needs policy.refreshAhead: " + is.refreshAheadIdle + " without it";
        }
        return null;
    }

    private static void between(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be from " + least + " to " + most + ": " + value);
        }
    }

    static Duration positive(String option, Duration value) {
        requireNonNull(value, option);
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(option + " must be positive: " + value);
        }
        return notBeyondLongest(option, value);
    }

    private static void notNegative(String option, Duration value) {
        requireNonNull(value, option);
        if (value.isNegative()) {
            throw new IllegalArgumentException(option + " must be zero or positive: " + value);
        }
        notBeyondLongest(option, value);
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
        return other instanceof CachePolicy that && is.all().equals(that.is.all());
    }

    @Override
    public int hashCode() {
        return is.all().hashCode();
    }

    @Override
    public String toString() {
        return "CachePolicy[ttl=" + is.ttl + ", localTtl=" + (is.localTtl == null ? is.ttl : is.localTtl)
                + " for " + is.localTtlInstances + " instances, at most "
                + (is.longestLocalTtl == null ? is.ttl : is.longestLocalTtl)
                + ", negativeTtl=" + (is.negativeEntries ? is.negativeTtl : "off") + ", jitter=" + is.jitter
                + ", staleIfError=" + is.staleIfError + ", staleWhileRevalidate=" + is.staleWhileRevalidate
                + ", lifeboat=" + is.lifeboat + ", refreshAhead=" + is.refreshAhead + ", refreshAheadIdle="
                + is.refreshAheadIdle + ", softTimeout=" + is.softTimeout + ", hardTimeout=" + is.hardTimeout
                + ", errorBackoff=" + is.errorBackoff + ", loaderPermits=" + is.loaderPermits
                + (is.adaptivePermits ? " (adaptive)" : "") + ", loaderQueue=" + is.loaderQueue + ", loaderWait="
                + is.loaderWait + "]";
    }
}
