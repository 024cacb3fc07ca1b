package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofNanos;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.Section;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.util.LoggingLevel;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random histories that a single register must be able to explain. A write is the source's and the cache's together, one
 * writer at a time for each key, as under a row lock; a read is a get or a refresh whose loader reads the source. Where
 * the first tier tells of a change in the very step that makes it, the bound of staleness is nothing, and the cache with
 * all its instances and tiers must look like one variable. (What {@code getIfPresent} finds depends on what happens to be
 * kept, so of it only that is demanded which holds in any case: nothing older than what was acknowledged before.)
 *
 * <p>The whole engine runs on real threads; {@code -Dtest.jvm.args=-Dtiercel.without=DETACHING} runs it without a guard.
 * It was seen to fail without DETACHING and without LEASE_CHECK in every run, without FENCES in some runs only, and not
 * without the others, for which {@code GuardsTest} stands. The parts that all of it hangs on are run through every
 * interleaving that can be reached, and are seen to fail without FENCES and without DETACHING in each build.
 */
@Timeout(120)
class LinearizabilityTest {
    @AfterAll
    static void close() {
        TwoInstances.WORLD.close();
    }

    @Test
    void two_instances_over_shared_tiers_look_like_one_register() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(300)
                .threads(3)
                .actorsBefore(1)
                .actorsPerThread(3)
                .actorsAfter(1)
                .minimizeFailedScenario(false)
                .logLevel(LoggingLevel.ERROR)
                .sequentialSpecification(Register.class)
                .check(TwoInstances.class);
    }

    @Test
    void what_was_read_before_a_write_is_neither_kept_nor_joined_after_it() {
        everyInterleaving(3).sequentialSpecification(Register.class).check(Installing.class);
    }

    @Test
    void without_fences_a_stale_set_is_found() {
        assertThatThrownBy(() -> everyInterleaving(20)
                        .sequentialSpecification(Register.class)
                        .check(InstallingWithoutFences.class))
                .isInstanceOf(LincheckAssertionError.class);
    }

    @Test
    void without_detaching_a_read_of_an_older_flight_is_found() {
        assertThatThrownBy(() -> everyInterleaving(20)
                        .sequentialSpecification(Register.class)
                        .check(InstallingWithoutDetaching.class))
                .isInstanceOf(LincheckAssertionError.class);
    }

    @Test
    void after_a_gap_nothing_of_before_is_vouched_for_not_even_for_who_looks_meanwhile() {
        everyInterleaving(1).actorsBefore(0).actorsPerThread(1).actorsAfter(0).check(Gap.class);
    }

    private static ModelCheckingOptions everyInterleaving(int iterations) {
        return new ModelCheckingOptions()
                .iterations(iterations)
                .invocationsPerIteration(100)
                .threads(2)
                .actorsBefore(1)
                .actorsPerThread(2)
                .actorsAfter(1)
                .minimizeFailedScenario(false)
                .loopBound(1_000) // Caffeine's timer wheel has 64 buckets
                .logLevel(LoggingLevel.ERROR)
                .addGuarantee(
                        ManagedStrategyGuaranteeKt.forClasses(name -> name.startsWith("com.github.benmanes.caffeine"))
                                .allMethods()
                                .treatAsAtomic());
    }

    /** What the caches together must look like. */
    public static class Register {
        private int version;

        public int put() {
            return ++version;
        }

        public int invalidate() {
            return ++version;
        }

        public int get() {
            return version;
        }

        public int put(int at) {
            return ++version;
        }

        public int invalidate(int at) {
            return ++version;
        }

        public int get(int at) {
            return version;
        }

        public int refresh(int at) {
            return version;
        }

        public boolean getIfPresent(int at) {
            return true;
        }

        public void evict(int depth) {}
    }

    // ---- the whole engine

    /** Shared by all runs, each of which has a key of its own. */
    private static final class World implements AutoCloseable {
        final FakeTier l2 = new FakeTier("redis", TimeSource.SYSTEM);
        final FakeTier l3 = new FakeTier("memcached", TimeSource.SYSTEM);
        final List<TieredCache<Integer, String>> instances;
        final AtomicInteger keys = new AtomicInteger();

        World() {
            l2.telling = true;
            l2.atomic = true;
            l3.atomic = true;
            instances = List.of(cache(), cache());
        }

        private TieredCache<Integer, String> cache() {
            String without = System.getProperty("tiercel.without", "");
            return TieredCache.<Integer, String>builder("t")
                    .local(LocalTier.maximumSize(1_000))
                    .remote(l2)
                    .remote(l3)
                    .codec(Codec.utf8())
                    .policy(p -> p.ttl(ofMinutes(10)))
                    .executor(Runnable::run)
                    .without(without.isEmpty() ? new Guard[0] : new Guard[] {Guard.valueOf(without)})
                    .build();
        }

        @Override
        public void close() {
            instances.forEach(TieredCache::close);
        }
    }

    /** Operations on one key through two instances; {@code at} is the instance. */
    @Param(name = "at", gen = IntGen.class, conf = "0:1")
    public static class TwoInstances {
        private static final World WORLD = new World();

        private final Integer key = WORLD.keys.incrementAndGet();
        private final ReentrantLock row = new ReentrantLock();
        private final AtomicInteger source = new AtomicInteger();
        private volatile int acknowledged;

        public TwoInstances() {
            WORLD.l2.log.clear();
            WORLD.l3.log.clear();
        }

        @Operation
        public int put(@Param(name = "at") int at) {
            row.lock();
            try {
                int version = source.incrementAndGet();
                WORLD.instances.get(at).put(key, "" + version);
                acknowledged = version;
                return version;
            } finally {
                row.unlock();
            }
        }

        @Operation
        public int invalidate(@Param(name = "at") int at) {
            row.lock();
            try {
                int version = source.incrementAndGet();
                WORLD.instances.get(at).invalidate(key);
                acknowledged = version;
                return version;
            } finally {
                row.unlock();
            }
        }

        @Operation
        public int get(@Param(name = "at") int at) {
            return version(WORLD.instances.get(at).get(key, k -> load()));
        }

        @Operation
        public int refresh(@Param(name = "at") int at) {
            return version(WORLD.instances.get(at).refresh(key, k -> load()));
        }

        @Operation
        public boolean getIfPresent(@Param(name = "at") int at) {
            int least = acknowledged;
            String value = WORLD.instances.get(at).getIfPresent(key);
            return value == null || version(value) >= least;
        }

        /** As a store that needs the room; from L2, the next read promotes what L3 has. */
        @Operation
        public void evict(@Param(name = "at") int depth) {
            var unused = (depth == 0 ? WORLD.l2 : WORLD.l3).remove("t:" + key);
        }

        @SuppressWarnings("ThreadPriorityCheck") // to be found more often, not to be right
        private String load() {
            int version = source.get();
            Thread.yield(); // where a write fits in
            return "" + version;
        }

        private static int version(@Nullable String value) {
            return Integer.parseInt(requireNonNull(value, "every load finds a value"));
        }
    }

    // ---- its parts

    /** How reads and writes of one instance use fences, flights and L1, as Reads and Writes do. */
    public static class Installing {
        private static final String KEY = "t:a";
        private static final TimeSource STILL = new TimeSource() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public long millis() {
                return 0;
            }
        };

        private final Fences fences = new Fences();
        private final Flights<Integer> flights = new Flights<>();
        private final LocalEntries<String, Integer> local =
                new LocalEntries<>(LocalTier.maximumSize(10), key -> key, 0, STILL);
        private final ReentrantLock row = new ReentrantLock();
        private final boolean fenced;
        private final boolean detaching;
        private volatile int source;

        public Installing() {
            this(true, true);
        }

        Installing(boolean fenced, boolean detaching) {
            this.fenced = fenced;
            this.detaching = detaching;
        }

        private static Entry<Integer> entry(int value) {
            return Entry.of(value, 1, 1, 0, 0, 0, false, null, List.of(), 0);
        }

        @Operation
        public int get() {
            Entry<Integer> present = local.get(KEY);
            if (present != null) {
                return requireNonNull(present.value);
            }
            Ticket ticket = new Ticket(fences.open(KEY), null, 0, 0, 0);
            Flight<Integer> mine = new Flight<>(ticket);
            Flight<Integer> other = flights.join(
                    KEY, mine, flight -> !detaching || flight.asOf().fence() == ticket.fence());
            if (other != null) {
                return other.result.join();
            }
            int read = source;
            boolean unused = local.putIf(KEY, KEY, entry(read), () -> !fenced || fences.holds(ticket.fence()));
            flights.end(KEY, mine, read);
            return read;
        }

        @Operation
        public int put() {
            row.lock();
            try {
                long ticket = advance();
                int version = source + 1;
                source = version;
                boolean unused = local.putOrRemove(KEY, KEY, entry(version), () -> fences.advanceFrom(ticket));
                advance();
                return version;
            } finally {
                row.unlock();
            }
        }

        @Operation
        public int invalidate() {
            row.lock();
            try {
                forget();
                int version = source + 1;
                source = version;
                forget();
                return version;
            } finally {
                row.unlock();
            }
        }

        private void forget() {
            advance();
            local.remove(KEY, KEY);
        }

        private long advance() {
            long ticket = fences.advance(KEY);
            if (detaching) {
                flights.detach(KEY);
            }
            return ticket;
        }
    }

    /** As {@link Installing}, and what was read is kept whatever happened since. */
    public static class InstallingWithoutFences extends Installing {
        public InstallingWithoutFences() {
            super(false, true);
        }
    }

    /** As {@link Installing}, and flights are joined whatever happened since they began. */
    public static class InstallingWithoutDetaching extends Installing {
        public InstallingWithoutDetaching() {
            super(true, false);
        }
    }

    /** A feed that has missed changes and is whole again, and a reader with something from before the gap. */
    public static class Gap {
        private static final long NOW = 10;

        private final Section section = new Section(0, NOW);
        private final Watch watch = new Watch("t", ofNanos(1));
        private final Entry<String> entry =
                Entry.of("v", 100, 100, 0, 0, 0, false, null, List.of(), 0).watchedBy(section, 0, NOW - 5);

        @Operation
        public boolean isTrusted() {
            return entry.isTrustedAt(NOW);
        }

        @Operation
        public boolean isGood() {
            return watch.isGood(section, 0, NOW - 5, NOW);
        }

        @Operation
        public void rearm() {
            section.forget();
            section.vouchUntil(NOW + 10);
        }
    }
}
