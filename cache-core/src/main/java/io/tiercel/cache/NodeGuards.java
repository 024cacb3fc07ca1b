package io.tiercel.cache;

import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.TierException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The guards of all nodes of one tier, shared by all who ask that tier for one cache, and what is told of the tier as a
 * whole: that it fails while any of its nodes does. Nodes come when they are first asked, and are forgotten when they
 * were not asked for long. Thread-safe.
 */
final class NodeGuards {
    private static final int MOST = 1_000;

    /** So many answers, and the tier's code has been compiled and its connections are up. */
    private static final int WARM = 1_000;

    private static final long FORGOTTEN_AFTER = Duration.ofMinutes(10).toNanos();
    /** A failed node that nobody asks any more has been replaced by another. */
    private static final long REPLACED_AFTER = Duration.ofSeconds(10).toNanos();

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final String cache;
    private final RemoteTier tier;
    private final Resilience resilience;
    private final Events events;
    private final TimeSource time;
    private final Deadlines deadlines;
    private final Deadlines readDeadlines;
    private final ConcurrentHashMap<String, NodeGuard> nodes = new ConcurrentHashMap<>();
    private final AtomicLong bytesInFlight = new AtomicLong();
    private final long mostBytes;
    private final AtomicInteger answers = new AtomicInteger();
    private volatile boolean warm;
    private final AtomicInteger failingNodes = new AtomicInteger();
    private final AtomicLong failingSince = new AtomicLong();
    private final AtomicLong lastSweep;
    private final AtomicLong lastRefusal;

    NodeGuards(String cache, RemoteTier tier, Resilience resilience, Events events, Alarm alarm, TimeSource time) {
        this.cache = cache;
        this.tier = tier;
        this.resilience = resilience;
        this.events = events;
        this.time = time;
        this.deadlines = Deadlines.behind(tier.name(), tier.timeout(), alarm, time);
        Duration readTimeout = resilience.readTimeoutOf(tier.timeout());
        this.readDeadlines = readTimeout.compareTo(tier.timeout()) < 0
                ? Deadlines.before(tier.name(), readTimeout, alarm, time)
                : deadlines;
        this.mostBytes = resilience.maximumBytesInFlight();
        this.lastSweep = new AtomicLong(time.nanos());
        this.lastRefusal = new AtomicLong(time.nanos() - SECOND);
    }

    /**
     * Makes room for bytes that are to be written, which wait in this process until the store has taken them.
     *
     * @return what the write fails with if there is none, else null; then {@link #free} is called when it has ended
     */
    @Nullable
    TierException reserve(long bytes) {
        long all = bytesInFlight.addAndGet(bytes);
        if (all <= mostBytes || all == bytes) {
            return null; // one alone is let through, however large it is
        }
        bytesInFlight.addAndGet(-bytes);
        return new TierException(
                Kind.CROWDED,
                tier.name() + ": the write is not sent: others of " + (all - bytes) + " bytes, of at most " + mostBytes
                        + " (resilience.maximumBytesInFlight), wait to be taken");
    }

    void free(long bytes) {
        bytesInFlight.addAndGet(-bytes);
    }

    NodeGuard of(String key) {
        String node = tier.node(key);
        NodeGuard known = nodes.get(node);
        return known != null ? known : added(node);
    }

    private NodeGuard added(String node) {
        forget(time.nanos());
        // More than any store has: then they share one guard rather than fill the memory.
        String name = nodes.size() < MOST ? node : tier.name();
        return nodes.computeIfAbsent(name, absent -> new NodeGuard(this, absent, resilience));
    }

    private void forget(long now) {
        nodes.values().removeIf(one -> {
            boolean forgotten = one.isIdle() && now - one.lastEntered() > FORGOTTEN_AFTER;
            if (forgotten && one.failing.compareAndSet(true, false)) {
                lessFailing();
            }
            return forgotten;
        });
    }

    Deadlines deadlines() {
        return deadlines;
    }

    /**
     * Of reads of few keys. The first ones of a process get all the time there is: code that has never run and threads that
     * all start at once make them slow, and who goes on without the first tier loads what others load too.
     */
    Deadlines readDeadlines() {
        return warm ? readDeadlines : deadlines;
    }

    List<NodeStats> stats() {
        forget(time.nanos());
        return nodes.values().stream().map(NodeGuard::stats).toList();
    }

    /** What a failure says of the node, or null if it is the caller's mistake. */
    static @Nullable Kind kind(Throwable failure) {
        Throwable cause = TierGuard.unwrap(failure);
        if (cause instanceof TierException known) {
            return known.kind();
        }
        boolean misuse = cause instanceof IllegalArgumentException || cause instanceof NullPointerException;
        return misuse ? null : Kind.UNAVAILABLE;
    }

    // ---- told by the nodes

    void failed(NodeGuard node, String operation, Throwable failure) {
        if (node.failing.compareAndSet(false, true) && failingNodes.getAndIncrement() == 0) {
            failingSince.set(time.nanos());
            emit(new CacheEvent.TierFailed(cache, tier.name(), operation, TierGuard.unwrap(failure)));
        }
    }

    void answered(NodeGuard node) {
        if (!warm && answers.incrementAndGet() >= WARM) {
            warm = true;
        }
        if (node.failing.get() && node.failing.compareAndSet(true, false)) {
            lessFailing();
        } else if (failingNodes.get() > 0) {
            forgetReplaced();
        }
    }

    void refused(String node, String operation, Throwable failure) {
        long now = time.nanos();
        long last = lastRefusal.get();
        if (now - last >= SECOND && lastRefusal.compareAndSet(last, now)) {
            emit(new CacheEvent.TierRefused(cache, tier.name(), node, operation, TierGuard.unwrap(failure)));
        }
    }

    private void lessFailing() {
        if (failingNodes.decrementAndGet() == 0) {
            emit(new CacheEvent.TierRecovered(cache, tier.name(), Duration.ofNanos(time.nanos() - failingSince.get())));
        }
    }

    private void forgetReplaced() {
        long now = time.nanos();
        long last = lastSweep.get();
        if (now - last < SECOND || !lastSweep.compareAndSet(last, now)) {
            return;
        }
        for (NodeGuard one : nodes.values()) {
            if (now - one.lastEntered() > REPLACED_AFTER && one.failing.compareAndSet(true, false)) {
                lessFailing();
            }
        }
    }

    void emit(CacheEvent event) {
        events.emit(event);
    }

    String cache() {
        return cache;
    }

    String tier() {
        return tier.name();
    }

    TimeSource time() {
        return time;
    }

    /** From 0 to 1. */
    double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
