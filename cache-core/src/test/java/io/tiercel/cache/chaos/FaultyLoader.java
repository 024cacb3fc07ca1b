package io.tiercel.cache.chaos;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.BulkLoader;
import io.tiercel.cache.ContextLoader;
import io.tiercel.cache.Loader;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A source of data that fails, hangs, is slow or finds nothing: wraps loaders of any kind, and counts how they are
 * called. All that one of these wraps share its faults and its counts.
 *
 * <pre>{@code
 * FaultyLoader database = new FaultyLoader();
 * users.get("42", database.wrap(repository::find));
 * database.fail(() -> new IOException("down"));
 * ...
 * database.heal();
 * }</pre>
 *
 * <p>A call first waits while it hangs, then for the latency, and then fails, finds nothing or loads. Thread-safe.
 */
public final class FaultyLoader {
    private static final CountDownLatch OPEN = new CountDownLatch(0);

    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong keys = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private final ReentrantLock changing = new ReentrantLock();
    private volatile CountDownLatch gate = OPEN;
    private volatile Random random = new Random();
    private volatile Settings settings = Settings.NONE;

    private record Settings(
            Duration least,
            Duration most,
            double failing,
            Supplier<? extends Exception> failure,
            double findingNothing) {
        static final Settings NONE =
                new Settings(Duration.ZERO, Duration.ZERO, 0, () -> new IllegalStateException("failed on purpose"), 0);

        Settings latency(Duration least, Duration most) {
            return new Settings(least, most, failing, failure, findingNothing);
        }

        Settings failing(double failing, Supplier<? extends Exception> failure) {
            return new Settings(least, most, failing, failure, findingNothing);
        }

        Settings findingNothing(double findingNothing) {
            return new Settings(least, most, failing, failure, findingNothing);
        }
    }

    /** One without faults. */
    public FaultyLoader() {}

    // ---- what it wraps

    /** That loader with these faults. For a function, {@code wrap(function::apply)}. */
    public <K, V> Loader<K, V> wrap(Loader<? super K, ? extends V> loader) {
        requireNonNull(loader, "loader");
        return key -> load(1, () -> loader.load(key), () -> null);
    }

    /** That loader with these faults. */
    public <K, V> ContextLoader<K, V> wrap(ContextLoader<? super K, V> loader) {
        requireNonNull(loader, "loader");
        return (key, context) -> load(1, () -> loader.load(key, context), () -> null);
    }

    /** That loader with these faults; where it finds nothing, it finds none of the keys. */
    public <K, V> BulkLoader<K, V> wrapBulk(BulkLoader<K, V> loader) {
        requireNonNull(loader, "loader");
        return wanted -> requireNonNull(load(wanted.size(), () -> loader.loadAll(wanted), () -> Map.of()));
    }

    // ---- what goes wrong

    /** Begins chance anew from this seed. */
    public FaultyLoader seed(long seed) {
        random = new Random(seed);
        return this;
    }

    /** From now on calls take so much longer. */
    public FaultyLoader latency(Duration latency) {
        return latency(latency, latency);
    }

    /**
     * From now on calls take longer by a time drawn between these.
     *
     * @param least zero or more
     */
    public FaultyLoader latency(Duration least, Duration most) {
        if (least.isNegative() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "latency must be zero or more, and the most not below the least: " + least + ", " + most);
        }
        return change(now -> now.latency(least, most));
    }

    /** From now on calls fail with an {@link IllegalStateException}. */
    public FaultyLoader fail() {
        return fail(Settings.NONE.failure());
    }

    /** From now on calls fail with what this makes. */
    public FaultyLoader fail(Supplier<? extends Exception> failure) {
        return fail(failure, 1);
    }

    /**
     * From now on calls fail with that chance.
     *
     * @param probability from 0 to 1
     */
    public FaultyLoader fail(Supplier<? extends Exception> failure, double probability) {
        requireProbability(probability);
        requireNonNull(failure, "failure");
        return change(now -> now.failing(probability, failure));
    }

    /**
     * From now on calls find nothing with that chance, and the wrapped loader is not asked.
     *
     * @param probability from 0 to 1
     */
    public FaultyLoader findNothing(double probability) {
        requireProbability(probability);
        return change(now -> now.findingNothing(probability));
    }

    /** From now on calls wait until {@link #heal}, or until their thread is interrupted. */
    public FaultyLoader hang() {
        changing.lock();
        try {
            gate = gate == OPEN ? new CountDownLatch(1) : gate;
        } finally {
            changing.unlock();
        }
        return this;
    }

    /** Ends all faults; what hangs goes on. */
    public FaultyLoader heal() {
        changing.lock();
        try {
            settings = Settings.NONE;
            gate.countDown();
            gate = OPEN;
        } finally {
            changing.unlock();
        }
        return this;
    }

    private FaultyLoader change(UnaryOperator<Settings> change) {
        changing.lock();
        try {
            settings = change.apply(settings);
        } finally {
            changing.unlock();
        }
        return this;
    }

    // ---- what was seen

    /** How often it was called, however that ended. */
    public long calls() {
        return calls.get();
    }

    /** For how many keys it was called: for a bulk loader more than calls. */
    public long keys() {
        return keys.get();
    }

    /** How many calls ended with an exception, on purpose or not. */
    public long failures() {
        return failures.get();
    }

    /** How many calls are under way. */
    public int inFlight() {
        return inFlight.get();
    }

    /** The most calls that were under way at once. */
    public int mostInFlight() {
        return mostInFlight.get();
    }

    private static void requireProbability(double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability must be between 0 and 1: " + probability);
        }
    }

    /** What all kinds of loaders have in common. */
    @FunctionalInterface
    private interface Work<V> {
        @Nullable
        V run() throws Exception;
    }

    private <V> @Nullable V load(int wanted, Work<? extends V> work, Supplier<? extends @Nullable V> nothing)
            throws Exception {
        calls.incrementAndGet();
        keys.addAndGet(wanted);
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        boolean done = false;
        try {
            gate.await();
            Settings now = settings;
            TimeUnit.NANOSECONDS.sleep(now.least().toNanos()
                    + (long) (now.most().minus(now.least()).toNanos() * random.nextDouble()));
            if (random.nextDouble() < now.failing()) {
                throw now.failure().get();
            }
            V value = random.nextDouble() < now.findingNothing() ? nothing.get() : work.run();
            done = true;
            return value;
        } finally {
            inFlight.decrementAndGet();
            if (!done) {
                failures.incrementAndGet();
            }
        }
    }
}
