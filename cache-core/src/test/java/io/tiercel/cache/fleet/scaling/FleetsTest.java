package io.tiercel.cache.fleet.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.fleet.scaling.PodSignals.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for any fleet at any time. Seeds are in the names of the cases. */
class FleetsTest {
    private static final int TICKS = 800;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 8);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void it_stays_in_its_range_and_above_its_floors(long seed) {
        run(seed, (before, fleet, after) -> {
            Recommendation answer = after.last();
            assertThat(answer.desired()).isBetween(2, 20);
            for (Floor floor : fleet.floors()) {
                if (floor.isInForce(fleet.now())) {
                    assertThat(answer.desired()).isGreaterThanOrEqualTo(Math.min(20, floor.replicas()));
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void it_takes_no_pod_while_data_is_missing(long seed) {
        AtomicInteger seen = new AtomicInteger();
        run(seed, (before, fleet, after) -> {
            boolean missing = after.last().triggers().stream().anyMatch(TriggerRow::blocksDown);
            if (missing && before.recommendation() != null) {
                seen.incrementAndGet();
                assertThat(after.last().desired())
                        .isGreaterThanOrEqualTo(before.last().desired());
            }
        });
        assertThat(seen.get()).as("slots in which it mattered").isGreaterThan(5);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void it_adds_no_pod_while_the_database_has_too_many_connections_but_for_floors(long seed) {
        AtomicInteger seen = new AtomicInteger();
        run(seed, (before, fleet, after) -> {
            boolean floors = fleet.floors().stream().anyMatch(floor -> floor.isInForce(fleet.now()));
            if (!after.last().conflicts().isEmpty()
                    && before.recommendation() != null
                    && !floors
                    && !after.last().isLearning()) {
                seen.incrementAndGet();
                assertThat(after.last().desired())
                        .isLessThanOrEqualTo(before.last().desired());
            }
        });
        assertThat(seen.get()).as("slots in which it mattered").isGreaterThan(5);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void it_takes_three_pods_in_300_seconds_at_most(long seed) {
        List<int[]> history = new ArrayList<>();
        run(seed, (before, fleet, after) -> {
            int now = (int) (fleet.now().getEpochSecond() - Pods.START.getEpochSecond());
            history.add(new int[] {now / 15, after.last().desired()});
            // 20 slots are 300 s: what was added within them may go as well, as with HPA.
            int first = history.size() - 21;
            if (first >= 0) {
                int added = 0;
                for (int i = first + 1; i < history.size(); i++) {
                    added += Math.max(0, history.get(i)[1] - history.get(i - 1)[1]);
                }
                assertThat(after.last().desired()).isGreaterThanOrEqualTo(history.get(first)[1] - 3 - added);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_pod_that_has_read_the_state_computes_the_same(long seed) {
        Recommender other = new Recommender(ScalingSettings.DEFAULTS);
        run(seed, (before, fleet, after) -> {
            assertThat(other.next(ScalingState.decode(before.encode()), shuffled(fleet, seed)))
                    .isEqualTo(after);
            assertThat(ScalingState.decode(after.encode())).isEqualTo(after);
        });
    }

    private interface Check {
        void of(ScalingState before, Fleet fleet, ScalingState after);
    }

    private static void run(long seed, Check check) {
        Random random = new Random(seed);
        Recommender recommender = new Recommender(ScalingSettings.DEFAULTS);
        ScalingState state = ScalingState.EMPTY;
        for (int tick = 0; tick < TICKS; tick++) {
            Fleet fleet = anyFleet(seed, random, Pods.START.plusSeconds(tick * 15L), state);
            ScalingState after = recommender.next(state, fleet);
            check.of(state, fleet, after);
            state = after;
        }
    }

    private static Fleet shuffled(Fleet fleet, long seed) {
        List<PodSignals> pods = new ArrayList<>(fleet.pods());
        Collections.shuffle(pods, new Random(seed));
        return new Fleet(pods, fleet.floors(), fleet.now());
    }

    /** Mostly a fleet as it was recommended, in phases of load; now and then with pods or data missing, and floors. */
    static Fleet anyFleet(long seed, Random random, Instant now, ScalingState state) {
        long phase = now.getEpochSecond() / 600;
        // Random begins alike for seeds that are close together.
        SplittableRandom ofPhase = new SplittableRandom(seed * 1_000_003 + phase);
        double load = ofPhase.nextDouble() * 2;
        boolean holes = ofPhase.nextInt(4) == 0;
        boolean crowded = ofPhase.nextInt(2) == 0;
        int wanted = state.recommendation() == null
                ? 1 + random.nextInt(25)
                : state.last().desired();
        int count = ofPhase.nextInt(6) == 0 ? random.nextInt(25) : wanted;
        List<PodSignals> pods = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
            for (Trigger trigger : Trigger.values()) {
                double ratio = load * random.nextDouble();
                if (trigger == Trigger.DB_CONNECTIONS) {
                    ratio = crowded ? 0.6 : 0.01;
                }
                if (!holes || random.nextInt(8) > 0) {
                    double smallest = ratio * random.nextDouble() + 0.2 * ratio;
                    readings.put(
                            trigger,
                            new Reading(
                                    ratio * trigger.defaults().threshold(),
                                    Math.min(ratio, smallest),
                                    random.nextInt(5) > 0));
                }
            }
            int kind = random.nextInt(20);
            State what = kind < 18 ? State.READY : kind == 18 ? State.WARMING : State.DRAINING;
            Duration old = holes && random.nextInt(10) == 0 ? Duration.ofMinutes(2) : Duration.ofSeconds(3);
            pods.add(new PodSignals(
                    "pod-" + i,
                    what,
                    now.minusSeconds(500),
                    now.minus(old),
                    new SignalSnapshot(readings, ConnectionScope.POD)));
        }
        List<Floor> floors = new ArrayList<>();
        if (ofPhase.nextInt(5) == 0) {
            Floor.Kind kind = ofPhase.nextBoolean() ? Floor.Kind.EVENT : Floor.Kind.EMERGENCY;
            Instant from = Instant.ofEpochSecond(phase * 600);
            floors.add(new Floor(kind, "sale, | at; noon", 1 + ofPhase.nextInt(30), from, from.plusSeconds(400)));
        }
        return new Fleet(pods, floors, now);
    }
}
