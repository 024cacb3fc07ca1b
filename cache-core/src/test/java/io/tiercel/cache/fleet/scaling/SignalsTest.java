package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalsTest {
    private static final Instant START = Pods.START;
    private final Signals signals = new Signals(ScalingSettings.DEFAULTS);

    @ParameterizedTest
    @EnumSource(Trigger.class)
    void a_trigger_is_sustained_after_its_whole_window_and_not_a_second_before(Trigger trigger) {
        long window = trigger.defaults().window().toSeconds();
        double over = trigger.defaults().threshold() * 1.5;

        for (long second = 0; second < window; second++) {
            signals.record(trigger, over, at(second));
            assertThat(reading(trigger, second).sustained())
                    .as("after %s s", second)
                    .isFalse();
        }
        signals.record(trigger, over, at(window));

        assertThat(reading(trigger, window).sustained()).isTrue();
        assertThat(reading(trigger, window).pressure()).isCloseTo(1.5, within(1e-4));
    }

    @ParameterizedTest
    @EnumSource(Trigger.class)
    void one_value_under_the_threshold_ends_it_for_a_window(Trigger trigger) {
        long window = trigger.defaults().window().toSeconds();
        double threshold = trigger.defaults().threshold();
        for (long second = 0; second <= 3 * window; second++) {
            signals.record(trigger, second == window + 5 ? threshold / 2 : threshold * 2, at(second));
            Reading reading = reading(trigger, second);
            boolean dipWithin = second >= window + 5 && second <= 2 * window + 5;
            // A slice of a sixtieth of the window more is looked at.
            boolean atTheEdge = second > 2 * window + 5 && second <= 2 * window + 7 + window / 60;
            if (second >= window && !atTheEdge) {
                assertThat(reading.sustained()).as("%s s", second).isEqualTo(!dipWithin);
            }
        }
    }

    @Test
    void the_threshold_itself_is_not_over_it() {
        for (long second = 0; second <= 600; second++) {
            signals.record(Trigger.CPU, 0.70, at(second));
        }

        assertThat(reading(Trigger.CPU, 600).sustained()).isFalse();
        assertThat(reading(Trigger.CPU, 600).pressure()).isEqualTo(1);
    }

    @Test
    void a_value_holds_for_a_minute_and_then_there_is_no_data() {
        signals.record(Trigger.CPU, 0.9, START);

        assertThat(signals.at(at(60)).of(Trigger.CPU)).isNotNull();
        assertThat(signals.at(at(61)).of(Trigger.CPU)).isNull();
    }

    @Test
    void a_gap_of_more_than_a_minute_begins_the_window_anew() {
        for (long second = 0; second <= 300; second += 10) {
            signals.record(Trigger.CPU, 0.9, at(second));
        }
        assertThat(reading(Trigger.CPU, 300).sustained()).isTrue();

        signals.record(Trigger.CPU, 0.9, at(361));

        assertThat(reading(Trigger.CPU, 361).sustained()).isFalse();
        assertThat(reading(Trigger.CPU, 361).shownPressure()).isEqualTo(1);
    }

    @Test
    void what_is_reported_each_50_seconds_holds_in_between() {
        for (long second = 0; second <= 100; second += 50) {
            signals.connections(200, ConnectionScope.DATABASE, at(second));
        }

        SignalSnapshot snapshot = signals.at(at(140));

        assertThat(requireNonNull(snapshot.of(Trigger.DB_CONNECTIONS)).sustained())
                .isTrue();
        assertThat(snapshot.connections()).isEqualTo(ConnectionScope.DATABASE);
    }

    @Test
    void a_low_value_counts_for_as_long_as_it_held() {
        signals.record(Trigger.P95, 1, START);
        signals.record(Trigger.P95, 8, at(50));
        // At 70 s the value of 1 s held until 20 s ago.
        assertThat(reading(Trigger.P95, 70).pressure()).isEqualTo(0.5);
        signals.record(Trigger.P95, 8, at(82));

        assertThat(reading(Trigger.P95, 82).pressure()).isEqualTo(4);
    }

    @Test
    void reports_of_pools_and_of_the_database_are_not_of_one_window() {
        for (long second = 0; second <= 60; second++) {
            signals.connections(10, ConnectionScope.POD, at(second));
        }
        signals.connections(200, ConnectionScope.DATABASE, at(61));

        assertThat(reading(Trigger.DB_CONNECTIONS, 61).pressure()).isCloseTo(200 / 150.0, within(1e-4));
    }

    @Test
    void the_brake_is_no_part_of_the_highest_pressure() {
        signals.record(Trigger.DB_CONNECTIONS, 1_000, START);
        signals.record(Trigger.CPU, 0.35, START);

        assertThat(signals.at(START).maxPressure()).isEqualTo(0.5);
    }

    @Test
    void a_trigger_that_is_off_is_not_published() {
        signals.record(Trigger.CPU, 0.9, START);
        TriggerSettings off = Trigger.CPU.defaults().presence(Trigger.Presence.OFF);
        signals.settings(ScalingSettings.DEFAULTS.trigger(Trigger.CPU, off));

        assertThat(signals.at(START).readings()).isEmpty();
    }

    @Test
    void a_new_threshold_counts_for_the_past_and_a_new_window_begins_anew() {
        for (long second = 0; second <= 300; second++) {
            signals.record(Trigger.CPU, 0.6, at(second));
        }
        signals.settings(ScalingSettings.DEFAULTS.trigger(
                Trigger.CPU, Trigger.CPU.defaults().threshold(0.5)));
        assertThat(reading(Trigger.CPU, 300).sustained()).isTrue();

        signals.settings(ScalingSettings.DEFAULTS.trigger(
                Trigger.CPU, Trigger.CPU.defaults().window(Duration.ofSeconds(100))));

        assertThat(signals.at(at(300)).of(Trigger.CPU)).isNull();
    }

    @Test
    void numbers_out_of_range_are_bounded_and_no_number_is_refused() {
        signals.record(Trigger.P95, -5, START);
        signals.record(Trigger.QUEUE_DEPTH, Double.POSITIVE_INFINITY, START);

        assertThat(reading(Trigger.P95, 0).value()).isZero();
        assertThat(reading(Trigger.QUEUE_DEPTH, 0).value()).isEqualTo(1e9);
        assertThatThrownBy(() -> signals.record(Trigger.P95, Double.NaN, START))
                .hasMessage("p95 must be a number: NaN");
    }

    /** Whoever reads sees a whole report: never the one's scope with the other's number. */
    @Test
    void reports_of_several_threads_are_not_mixed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            AtomicBoolean over = new AtomicBoolean();
            Future<?> pods = threads.submit(() -> {
                while (!over.get()) {
                    signals.connections(15, ConnectionScope.POD, START);
                }
            });
            Future<?> database = threads.submit(() -> {
                while (!over.get()) {
                    signals.connections(300, ConnectionScope.DATABASE, START);
                }
            });
            for (int i = 0; i < 50_000; i++) {
                SignalSnapshot snapshot = signals.at(START);
                Reading reading = snapshot.of(Trigger.DB_CONNECTIONS);
                if (reading != null) {
                    double expected = snapshot.connections() == ConnectionScope.POD ? 15 : 300;
                    assertThat(reading.value()).isEqualTo(expected);
                    assertThat(reading.pressure()).isEqualTo(expected / 150);
                }
            }
            over.set(true);
            pods.get(60, TimeUnit.SECONDS);
            database.get(60, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Beside a list of all values: never over the true minimum, and right but for a sixtieth of the window. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void the_minimum_is_that_of_all_values_in_the_window(long seed) {
        Random random = new Random(seed);
        int window = 1 + random.nextInt(400);
        RollingMinimum minimum = new RollingMinimum(Duration.ofSeconds(window), Duration.ofSeconds(60));
        Deque<double[]> all = new ArrayDeque<>();
        long millis = START.toEpochMilli();
        for (int i = 0; i < 2_000; i++) {
            millis += 1 + random.nextInt(random.nextInt(10) == 0 ? 57_000 : 900);
            double value = random.nextInt(1_000);
            minimum.add(value, Instant.ofEpochMilli(millis));
            all.add(new double[] {millis, value});

            long now = millis + random.nextInt(2_000);
            double found = minimum.minimum(Instant.ofEpochMilli(now));
            millis = now;

            assertThat(found)
                    .as("seed %s, value %s", seed, i)
                    .isBetween(
                            least(all, now - window * 1_000L - window * 1_000L / 59 - 20, now),
                            least(all, now - window * 1_000L, now));
        }
    }

    /** Of the values that held at some time since then. */
    private static double least(Deque<double[]> all, long since, long now) {
        double least = Double.POSITIVE_INFINITY;
        double until = now + 1;
        for (var newest = all.descendingIterator(); newest.hasNext(); ) {
            double[] one = newest.next();
            if (until < since) {
                break;
            }
            least = Math.min(least, one[1]);
            until = one[0];
        }
        return least;
    }

    // ---- as text

    @Test
    void what_a_pod_publishes_comes_back_as_it_was() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            SignalSnapshot snapshot = anySnapshot(random);

            String text = snapshot.encode();

            assertThat(text.length()).isLessThanOrEqualTo(SignalSnapshot.LONGEST);
            assertThat(SignalSnapshot.decode(text)).isEqualTo(snapshot);
        }
    }

    @Test
    void the_text_is_as_documented() {
        Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
        readings.put(Trigger.CPU, new Reading(0.61, 0.87142857, true));
        readings.put(Trigger.P95, new Reading(0.1, 0.05, false));
        readings.put(Trigger.DB_CONNECTIONS, new Reading(120, 0.8, false));

        assertThat(new SignalSnapshot(readings, ConnectionScope.DATABASE).encode())
                .isEqualTo("cpu=0.61/0.87143;p95=0.1/0.05/p;db_connections=120/0.8/pd");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cpu",
                "cpu=",
                "cpu=1",
                "cpu=1/",
                "cpu=1/2/3",
                "cpu=1/2/p/p",
                "cpu=-1/2",
                "cpu=1e9/1",
                "cpu=NaN/1",
                "cpu=1/Infinity",
                "cpu=1/2/d",
                "cpu=1/2;",
                ";",
                "=1/2",
                "CPU=1/2",
                "other=1/2",
                "cpu=1/2;cpu=1/2",
                "cpu=1/2;;p95=1/2",
                "cpu=2000000000/1",
                "cpu= 1/2",
                "cpu=1.1.1/2",
                "db_connections=1/2/dp",
                "cpu=0x1/2"
            })
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> SignalSnapshot.decode(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must ");
    }

    @Test
    void garbage_is_refused_or_read_and_nothing_else_happens() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(anySnapshot(random).encode());
            for (int change = random.nextInt(4); change >= 0 && !text.isEmpty(); change--) {
                text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(128));
            }
            try {
                SignalSnapshot.decode(text.toString());
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).isNotBlank().hasSizeLessThan(200);
            }
        }
        assertThatThrownBy(() -> SignalSnapshot.decode("c".repeat(301)))
                .hasMessage("signals must have 300 characters at most: 301");
    }

    static SignalSnapshot anySnapshot(Random random) {
        Map<Trigger, Reading> readings = new EnumMap<>(Trigger.class);
        for (Trigger trigger : Trigger.values()) {
            if (random.nextInt(5) > 0) {
                double value = Math.pow(10, random.nextDouble() * 15 - 6);
                double pressure = Math.pow(10, random.nextDouble() * 15 - 6);
                readings.put(trigger, new Reading(value, pressure, random.nextBoolean()));
            }
        }
        boolean database = random.nextBoolean() && readings.containsKey(Trigger.DB_CONNECTIONS);
        return new SignalSnapshot(readings, database ? ConnectionScope.DATABASE : ConnectionScope.POD);
    }

    private Reading reading(Trigger trigger, long second) {
        return requireNonNull(signals.at(at(second)).of(trigger));
    }

    private static Instant at(long second) {
        return START.plusSeconds(second);
    }
}
