package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every guard matters: one schedule for each anomaly, run with all guards, where it does not happen, and without the one
 * that keeps it out, where it does. In each, the source has {@code old} before a write and {@code new} after it, and the
 * last read begins when the write is acknowledged.
 */
@Timeout(30)
class GuardsTest {
    private static final String OLD = "old";
    private static final String NEW = "new";

    /**
     * What goes wrong in systems without that guard, by the name that it has there. The key is {@code a}, {@code here} is
     * the instance that may lack the guard, {@code there} one that has all.
     */
    enum Anomaly {
        /** Reader reads, writer writes, reader keeps what he read. */
        STALE_SET_IN_L1(Guard.FENCES, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.there.put("a", OLD);
                CompletableFuture<?> reply = new CompletableFuture<>();
                world.l2.worksFirst = true;
                world.l2.getGate = reply;
                CompletableFuture<Optional<String>> reader = world.here.async().getIfPresent("a");
                world.l2.getGate = null;
                world.there.put("a", NEW);
                reply.complete(null);
                assertThat(reader.join()).as("read before the write").hasValue(OLD);

                return world.here.getIfPresent("a");
            }
        },

        /** The same with the source: without leases only the ticket keeps a late load out of the tiers. */
        STALE_SET_IN_ALL_TIERS_WITHOUT_LEASES(Guard.FENCES, null) {
            @Override
            UnaryOperator<Coherence> coherence() {
                return c -> c.leases(false);
            }

            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                Load early = world.load();
                world.here.invalidate("a");
                early.bring(OLD);

                return world.there.getIfPresent("a");
            }
        },

        /** The message that the key has changed does not arrive, and nothing else says so. */
        LOST_INVALIDATION(Guard.BARRIER, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.there.put("a", OLD);
                assertThat(world.here.getIfPresent("a")).isEqualTo(OLD);
                world.feedHere().losing = true;
                world.there.put("a", NEW);
                world.feedHere().doubt();
                world.time.advance(ofMillis(1_001));

                return world.here.getIfPresent("a");
            }
        },

        /** It did not arrive, and the connection has been restored since. */
        LOST_INVALIDATION_BEFORE_A_RECONNECT(Guard.BARRIER, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.there.put("a", OLD);
                assertThat(world.here.getIfPresent("a")).isEqualTo(OLD);
                world.feedHere().losing = true;
                world.there.put("a", NEW);
                world.feedHere().losing = false;
                world.feedHere().rearm();

                return world.here.getIfPresent("a");
            }
        },

        /** What was loaded before a write elsewhere lands after it. */
        STALE_SET_IN_L2(Guard.LEASE_CHECK, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                Load early = world.load();
                world.there.put("a", NEW);
                early.bring(OLD);

                return world.there.getIfPresent("a");
            }
        },

        /** What was read from L3 before a removal is copied to L2 after it. */
        STUCK_PROMOTION(Guard.LEASE_CHECK, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.there.put("a", OLD);
                world.evictFromL2();
                CompletableFuture<?> reply = new CompletableFuture<>();
                world.l3.worksFirst = true;
                world.l3.getGate = reply;
                int before = world.l3.gets.get();
                CompletableFuture<Optional<String>> reader = world.here.async().get("a", k -> NEW);
                await().until(() -> world.l3.gets.get() > before);
                world.l3.getGate = null;
                world.there.invalidate("a");
                reply.complete(null);
                reader.join();

                return world.there.getIfPresent("a");
            }
        },

        /** What was loaded is in L2 in time, but reaches L3 only after a write, and comes up when L2 has lost the key. */
        STALE_SET_IN_L3(Guard.DEEP_CHECK, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                CompletableFuture<?> late = new CompletableFuture<>();
                world.here.get("a", k -> {
                    world.holdWritesToL3(late);
                    return OLD;
                });
                world.holdWritesToL3(null);
                world.there.put("a", NEW);
                late.complete(null);
                world.evictFromL2();

                return world.there.getIfPresent("a");
            }
        },

        /** Two writers, taken by L2 in one order and by L3 in the other. */
        TIERS_THAT_DISAGREE_ABOUT_THE_LAST_WRITER(Guard.DEEP_CHECK, null) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                CompletableFuture<Object> takenByL2 = new CompletableFuture<>();
                world.l2.putGate = takenByL2;
                CompletableFuture<WriteResult> first = world.here.async().put("a", OLD);
                world.l2.putGate = null;
                CompletableFuture<?> late = new CompletableFuture<>();
                world.holdWritesToL3(late);
                takenByL2.complete(null);
                world.holdWritesToL3(null);
                world.there.put("a", NEW);
                late.complete(null);
                first.join();
                world.evictFromL2();

                return world.there.getIfPresent("a");
            }
        },

        /** A reader between the removal from L2 and that from L3 copies the value back up, and nobody removes it again. */
        RESURRECTION_FROM_L3_DURING_A_REMOVAL(Guard.REMOVAL_ORDER, null) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.here.put("a", OLD);
                CompletableFuture<?> takenByL3 = new CompletableFuture<>();
                world.l3.removeGate = takenByL3;
                CompletableFuture<WriteResult> removal = world.here.async().invalidate("a");
                assertThat(world.there.get("a", k -> NEW))
                        .as("before the removal is done")
                        .isEqualTo(OLD);
                takenByL3.complete(null);
                removal.join();

                return world.there.getIfPresent("a");
            }
        },

        /** L3 was away when the key was removed, and still has it when it is back. */
        RESURRECTION_FROM_AN_L3_THAT_WAS_AWAY(Guard.FLOORS, null) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.here.put("a", OLD);
                world.l3.failing = true;
                assertThat(world.here.invalidate("a").pending()).containsExactly("memcached");
                world.l3.failing = false;

                return world.there.getIfPresent("a");
            }
        },

        /** L2 did not take a removal, its caller has been told so, and it answers again. */
        LOST_REMOVAL(Guard.REPAIRS, NEW) {
            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                world.here.put("a", OLD);
                world.l2.failingKey = "t:a";
                assertThatThrownBy(() -> world.here.invalidate("a")).isInstanceOf(CacheWriteException.class);
                world.l2.failingKey = null;

                return world.here.get("a", k -> NEW);
            }
        },

        /** Who comes after a write is given what somebody has been loading since before it; leases show it to be old. */
        READ_OF_A_LOAD_FROM_BEFORE_ONES_OWN_WRITE(Guard.DETACHING, NEW) {
            @Override
            UnaryOperator<Coherence> coherence() {
                return c -> c.leases(false);
            }

            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                Load early = world.load();
                world.here.invalidate("a");
                CompletableFuture<Optional<String>> late = world.here.async().get("a", k -> NEW);
                early.bring(OLD);

                return late.join().orElse(null);
            }
        },

        /** The same after a write elsewhere that this instance has been told of; with leases L2 refuses such a load. */
        READ_OF_A_LOAD_FROM_BEFORE_ANOTHERS_WRITE(Guard.DETACHING, NEW) {
            @Override
            UnaryOperator<Coherence> coherence() {
                return c -> c.leases(false);
            }

            @Override
            @Nullable
            String lastRead(World world) throws Exception {
                Load early = world.load();
                world.there.put("a", NEW);
                CompletableFuture<Optional<String>> late = world.here.async().get("a", k -> NEW);
                early.bring(OLD);

                return late.join().orElse(null);
            }
        };

        final Guard guard;

        /** What the last read brings when all is well: the new value, or none. */
        final @Nullable String sound;

        Anomaly(Guard guard, @Nullable String sound) {
            this.guard = guard;
            this.sound = sound;
        }

        /** Runs the schedule, and tells what is read when everything in it has ended. */
        abstract @Nullable String lastRead(World world) throws Exception;

        UnaryOperator<Coherence> coherence() {
            return c -> c;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ') + " (" + guard + ")";
        }
    }

    @ParameterizedTest
    @EnumSource
    void with_all_guards_it_does_not_happen(Anomaly anomaly) throws Exception {
        try (World world = new World(anomaly.coherence())) {
            assertThat(anomaly.lastRead(world)).isEqualTo(anomaly.sound);
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_its_guard_it_does(Anomaly anomaly) throws Exception {
        try (World world = new World(anomaly.coherence(), anomaly.guard)) {
            assertThat(anomaly.lastRead(world)).isEqualTo(OLD);
        }
    }

    @Test
    void every_guard_keeps_an_anomaly_out() {
        Set<Guard> seen = EnumSet.noneOf(Guard.class);
        Arrays.stream(Anomaly.values()).forEach(anomaly -> seen.add(anomaly.guard));

        assertThat(seen).containsExactlyInAnyOrder(Guard.values());
    }

    /** Two instances of one cache over the same stores. */
    static final class World implements AutoCloseable {
        final FakeTime time = new FakeTime();
        final FakeTier l2 = new FakeTier("redis", time);
        final FakeTier l3 = new FakeTier("memcached", time);
        final TieredCache<String, String> here;
        final TieredCache<String, String> there;

        World(UnaryOperator<Coherence> coherence, Guard... without) {
            l2.telling = true;
            here = cache(coherence, without);
            there = cache(coherence);
        }

        private TieredCache<String, String> cache(UnaryOperator<Coherence> coherence, Guard... without) {
            return TieredCache.<String, String>builder("t")
                    .local(LocalTier.maximumSize(1_000))
                    .remote(l2)
                    .remote(l3)
                    .codec(Codec.utf8())
                    .policy(p -> p.ttl(ofMinutes(1)).jitter(0))
                    .coherence(coherence)
                    .without(without)
                    .time(time)
                    .build();
        }

        FakeFeed feedHere() {
            return l2.feeds.get(0);
        }

        /** A reader here whose loader has begun. */
        Load load() throws InterruptedException {
            Load load = new Load(here);
            load.begun.await();
            return load;
        }

        /** What is sent there from here on waits for the gate; null for none. */
        void holdWritesToL3(@Nullable CompletableFuture<?> gate) {
            l3.putGate = gate;
            l3.replaceGate = gate;
        }

        /** As a server that lost its memory, and with it who listened. */
        void evictFromL2() {
            l2.stored.clear();
            l2.feeds.forEach(FakeFeed::rearm);
        }

        @Override
        public void close() {
            here.close();
            there.close();
        }
    }

    /** A load under way, which brings its value when the schedule says so. */
    static final class Load {
        final CountDownLatch begun = new CountDownLatch(1);
        private final CompletableFuture<String> source = new CompletableFuture<>();
        private final CompletableFuture<Optional<String>> reader;

        Load(TieredCache<String, String> cache) {
            reader = cache.async().get("a", k -> {
                if (begun.getCount() == 0) {
                    return NEW; // overtaken by the write, and read once more from a source that has had it since
                }
                begun.countDown();
                return source.join();
            });
        }

        void bring(String value) {
            source.complete(value);
            assertThat(reader.join())
                    .as("who asked before the write is given this, or what was written meanwhile")
                    .isPresent();
        }
    }
}
