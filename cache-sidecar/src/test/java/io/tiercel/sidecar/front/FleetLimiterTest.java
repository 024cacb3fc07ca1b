package io.tiercel.sidecar.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.front.VirtualFleet.Pod;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limiters of a fleet in a time of its own; what Redis does here is held to Redis itself by FleetRateIT. */
class FleetLimiterTest {
    private static RateSettings limit(int perMinute, int burst) {
        return new RateSettings(perMinute, burst, RateScope.FLEET);
    }

    /** Commands at random moments, each at a pod that {@code weights} says how often is chosen. */
    private static void load(VirtualFleet fleet, double perSecond, double[] weights, Duration time, long seed) {
        Random random = new Random(seed);
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double at = fleet.now;
        double end = fleet.now + (double) time.toNanos();
        while (true) {
            at += -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
            if (at > end) {
                break;
            }
            double point = random.nextDouble() * sum;
            int chosen = 0;
            while (chosen < weights.length - 1 && point >= weights[chosen]) {
                point -= weights[chosen];
                chosen++;
            }
            Pod pod = fleet.pods.get(chosen);
            fleet.at((long) at, pod::command);
        }
        fleet.run(time);
    }

    private static double[] even(int pods) {
        return uneven(pods, 0);
    }

    /** By Zipf's law with that exponent. */
    private static double[] uneven(int pods, double exponent) {
        double[] weights = new double[pods];
        for (int i = 0; i < pods; i++) {
            weights[i] = 1 / Math.pow(i + 1, exponent);
        }
        return weights;
    }

    // ---- the limit

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void three_times_the_limit_gets_the_limit_while_two_pods_become_twenty(long seed) {
        VirtualFleet fleet = new VirtualFleet(limit(500, 100));
        fleet.join(2);
        load(fleet, 25, even(2), Duration.ofMinutes(2), seed);
        fleet.join(18);
        load(fleet, 25, even(20), Duration.ofMinutes(3), seed + 100);

        assertThat(fleet.admitted).isLessThanOrEqualTo((long) fleet.allowed());
        assertThat((double) fleet.admitted).isGreaterThan(0.98 * fleet.allowed());
        assertThat(fleet.admitted + fleet.refused).isBetween(7_000L, 8_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void at_nine_tenths_nobody_is_refused_however_uneven(long seed) {
        for (RateSettings settings : List.of(limit(500, 100), limit(6_000, 200), limit(600_000, 10_000))) {
            for (double exponent : new double[] {0, 1, 3}) {
                VirtualFleet fleet = new VirtualFleet(settings);
                fleet.join(20);
                double rate = 0.9 * settings.requestsPerMinute() / 60;
                load(fleet, rate, uneven(20, exponent), Duration.ofSeconds(Math.round(20_000 / rate)), seed);

                assertThat(fleet.refused)
                        .as("%s, exponent %s", settings, exponent)
                        .isZero();
                assertThat(fleet.admitted).isGreaterThan(10_000);
            }
        }
    }

    @Test
    void a_high_limit_is_kept_as_well_and_costs_few_questions() {
        RateSettings settings = limit(600_000, 10_000);
        VirtualFleet fleet = new VirtualFleet(settings);
        fleet.join(20);
        load(fleet, 9_000, even(20), Duration.ofSeconds(10), 1);
        double asksAtEase = fleet.asks / 10.0 / 20;
        long before = fleet.asks;
        load(fleet, 30_000, even(20), Duration.ofSeconds(10), 2);
        double asksAtOverload = (fleet.asks - before) / 10.0 / 20;

        assertThat(asksAtEase).isLessThan(21);
        assertThat(asksAtOverload).isLessThan(32);
        assertThat(fleet.admitted).isLessThanOrEqualTo((long) fleet.allowed());
        assertThat((double) fleet.admitted).isGreaterThan(90_000 + 100_000 * 0.98);
    }

    @Test
    void refusals_are_remembered_so_that_a_hundred_times_the_limit_is_not_a_hundred_times_the_questions() {
        VirtualFleet fleet = new VirtualFleet(limit(500, 10));
        fleet.join(2);
        load(fleet, 833, even(2), Duration.ofMinutes(1), 1);

        assertThat(fleet.asks / 60.0 / 2).isLessThan(20);
        assertThat((double) fleet.admitted).isBetween(0.98 * fleet.allowed(), fleet.allowed());
        assertThat(fleet.refused).isGreaterThan(49_000);
    }

    @Test
    void a_low_rate_asks_for_each_command_and_holds_nothing() {
        VirtualFleet fleet = new VirtualFleet(limit(500, 1_000));
        fleet.join(2);
        load(fleet, 5, even(2), Duration.ofMinutes(1), 1);

        assertThat(fleet.asks).isBetween(fleet.admitted - 30, fleet.admitted + 30);
        assertThat(fleet.refused).isZero();
    }

    @Test
    void a_steady_stream_waits_only_at_its_beginning() {
        VirtualFleet fleet = new VirtualFleet(limit(600_000, 100_000));
        fleet.join(1);
        load(fleet, 1_000, even(1), Duration.ofSeconds(1), 1);
        long before = fleet.waited;
        load(fleet, 1_000, even(1), Duration.ofSeconds(10), 2);

        assertThat(before).isPositive();
        assertThat(fleet.waited - before).isZero();
    }

    @Test
    void a_token_in_hand_costs_no_object() {
        VirtualFleet fleet = new VirtualFleet(limit(1_000_000_000, 1_000_000_000));
        Pod pod = fleet.join(() -> 1);
        load(fleet, 100_000, even(1), Duration.ofMillis(500), 1);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        FleetLimiter.Waiter nobody = wait -> {};
        long taken = 0;
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        while (pod.limiter.take(fleet.settings, nobody, fleet.now) == 0) {
            taken++;
        }
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;

        assertThat(taken).isGreaterThan(3_000);
        assertThat(allocated / taken).isZero();
    }

    // ---- what is held

    @Test
    void tokens_that_a_pod_does_not_use_go_back_to_the_others() {
        // Nobody knows how many pods there are, so each takes as if it were alone, and the load goes from one to the
        // next.
        VirtualFleet fleet = new VirtualFleet(limit(6_000, 200));
        for (int i = 0; i < 20; i++) {
            fleet.join(() -> 1);
        }
        for (int round = 0; round < 20; round++) {
            double[] one = new double[20];
            one[round] = 1;
            load(fleet, 300, one, Duration.ofMillis(300), round);
            fleet.run(Duration.ofMillis(700));
        }

        assertThat(fleet.refused).isZero();
    }

    @Test
    void what_is_left_at_the_end_goes_back() {
        VirtualFleet fleet = new VirtualFleet(limit(60, 400));
        fleet.join(() -> 1);
        Pod other = fleet.join(() -> 1);
        load(fleet, 2_000, new double[] {1, 0}, Duration.ofMillis(100), 1);
        long used = fleet.admitted;
        fleet.pods.get(0).limiter.close();
        fleet.run(Duration.ofMillis(10));
        for (int i = 0; i < 400; i++) {
            other.command();
        }
        fleet.run(Duration.ofMillis(500));

        assertThat(used).isBetween(100L, 300L);
        assertThat(fleet.admitted).isBetween(400L, 401L);
    }

    @Test
    void who_waits_is_served_in_turn_and_by_one_question() {
        VirtualFleet fleet = new VirtualFleet(limit(60, 10));
        Pod pod = fleet.join(() -> 1);
        List<Integer> order = new ArrayList<>();
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            int number = i;
            assertThat(pod.limiter.take(
                            fleet.settings,
                            wait -> {
                                order.add(number);
                                waits.add(wait);
                            },
                            fleet.now))
                    .isEqualTo(FleetLimiter.WAITS);
        }
        fleet.run(Duration.ofMillis(5));

        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
        assertThat(waits.subList(0, 10)).containsOnly(0L);
        assertThat(waits.subList(10, 15)).allSatisfy(wait -> assertThat(wait).isBetween(990L, 1_000L));
        assertThat(fleet.asks).isEqualTo(2);
    }

    @Test
    void who_has_gone_takes_no_token() {
        VirtualFleet fleet = new VirtualFleet(limit(60, 1));
        Pod pod = fleet.join(() -> 1);
        List<String> told = new ArrayList<>();
        FleetLimiter.Waiter gone = wait -> told.add("gone");
        FleetLimiter.Waiter there = wait -> told.add("there " + wait);
        pod.limiter.take(fleet.settings, gone, fleet.now);
        pod.limiter.take(fleet.settings, there, fleet.now);
        pod.limiter.leave(gone);
        fleet.run(Duration.ofMillis(5));

        assertThat(told).containsExactly("there 0");
    }

    // ---- changes

    @Test
    void a_change_is_in_force_at_once_and_no_old_debt_locks_anybody_out() {
        VirtualFleet fleet = new VirtualFleet(limit(1, 100_000));
        fleet.join(4);
        load(fleet, 50_000, even(4), Duration.ofSeconds(3), 1); // a debt of months
        assertThat(fleet.refused).isPositive();
        fleet.settings = limit(60_000, 100);
        long before = fleet.refused;
        load(fleet, 500, even(4), Duration.ofSeconds(5), 2);

        assertThat(fleet.refused - before)
                .isLessThan(10); // what the old debt is worth now: one bucket, a tenth of a second

        fleet.settings = limit(60, 1);
        long admitted = fleet.admitted;
        load(fleet, 500, even(4), Duration.ofSeconds(10), 3);

        assertThat(fleet.admitted - admitted).isBetween(9L, 13L);
    }

    // ---- without Redis

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_outage_adds_no_tokens_at_overload(boolean hangs) {
        VirtualFleet fleet = new VirtualFleet(limit(6_000, 200));
        fleet.join(20);
        for (int round = 0; round < 5; round++) {
            load(fleet, 300, uneven(20, 0.5), Duration.ofSeconds(7), round);
            down(fleet, hangs, true);
            load(fleet, 300, uneven(20, 0.5), Duration.ofSeconds(20), round + 10);
            assertThat(fleet.pods)
                    .anyMatch(pod -> !pod.share.status().fallback().isEmpty());
            down(fleet, hangs, false);
            if (round % 2 == 0) {
                fleet.forget(); // it comes back empty
            }
            // Beside a few tokens that several pods saw in the bucket a moment before.
            assertThat((double) fleet.admitted).isLessThanOrEqualTo(1.005 * fleet.allowed());
        }
        load(fleet, 300, even(20), Duration.ofSeconds(20), 100);

        assertThat(fleet.pods).allMatch(pod -> pod.share.status().fallback().isEmpty());
        assertThat((double) fleet.admitted).isBetween(0.9 * fleet.allowed(), 1.005 * fleet.allowed());
    }

    private static void down(VirtualFleet fleet, boolean hangs, boolean now) {
        if (hangs) {
            fleet.hangs = now;
        } else {
            fleet.refuses = now;
        }
    }

    @Test
    void an_outage_at_half_load_refuses_nobody_while_it_lasts_and_when_it_ends() {
        VirtualFleet fleet = new VirtualFleet(limit(6_000, 400));
        fleet.join(5);
        load(fleet, 50, even(5), Duration.ofSeconds(10), 1);
        fleet.hangs = true;
        load(fleet, 50, even(5), Duration.ofSeconds(60), 2);
        fleet.hangs = false;
        load(fleet, 50, even(5), Duration.ofSeconds(10), 3);

        assertThat(fleet.refused).isZero();
    }

    @Test
    void without_Redis_from_the_start_each_of_many_pods_lets_in_its_share_even_of_a_limit_below_one_each() {
        VirtualFleet fleet = new VirtualFleet(limit(60, 10));
        fleet.refuses = true;
        fleet.join(20);
        load(fleet, 100, even(20), Duration.ofMinutes(5), 1);

        assertThat((double) fleet.admitted).isBetween(0.9 * 300, fleet.allowed());
    }
}
