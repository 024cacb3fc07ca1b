package io.tiercel.cache.fleet.scaling;

import static io.tiercel.cache.fleet.scaling.PodSignals.State.DRAINING;
import static io.tiercel.cache.fleet.scaling.PodSignals.State.READY;
import static io.tiercel.cache.fleet.scaling.PodSignals.State.WARMING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Cases whose answers were computed by hand from the documented algorithm; the arithmetic is beside each. */
class HpaCasesTest {
    private static final ScalingSettings WIDE = ScalingSettings.DEFAULTS.replicas(1, 100);

    /** What one trigger asks for: pods, then what its row says. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void a_trigger_asks_for_what_was_computed_by_hand(
            String name, Trigger trigger, List<PodSignals> pods, int desired) {
        int current = (int) pods.stream().filter(pod -> pod.state() != DRAINING).count();
        ScalingState state = Pods.steady(new Recommender(WIDE), current);

        Recommendation answer = new Recommender(WIDE)
                .next(state, new Fleet(pods, List.of(), Pods.START))
                .last();

        assertThat(row(answer, trigger).desired()).isEqualTo(desired);
    }

    static Stream<Arguments> rows() {
        return Stream.of(
                // ---- proportional: ceil(pods x value / threshold), nothing within 10 %
                cpu("at the threshold", 5, 0.70, 5), // .70/.70 = 1
                cpu("10 % over is within the tolerance", 10, 0.77, 10), // .77/.70 = 1.1; |1.1-1| <= .1
                cpu("11 % over is not", 10, 0.777, 12), // 1.11; ceil(11.1) = 12
                cpu("10 % under is within the tolerance", 10, 0.63, 10), // .9; |.9-1| <= .1
                cpu("11 % under is not", 10, 0.623, 9), // .89; ceil(8.9) = 9
                cpu("rounded up on the way up", 5, 0.84, 6), // 1.2; 5 x 1.2 = 6
                cpu("rounded up on the way up by a fraction", 5, 0.85, 7), // 1.2143; ceil(6.07) = 7
                cpu("rounded up on the way down", 5, 0.42, 3), // .6; 5 x .6 = 3
                cpu("rounded up on the way down by a fraction", 5, 0.43, 4), // .6143; ceil(3.07) = 4
                cpu("a ratio counts up to 2", 4, 1.75, 8), // 2.5, capped at 2; 4 x 2 = 8
                cpu("idle", 6, 0, 0), // ceil(0) = 0
                cpu("one pod", 1, 0.9, 2), // 1.2857; ceil(1.2857) = 2
                cpu("a hundred pods", 70, 0.81, 81), // 1.15714; 81 exactly: a fraction of 1e-14 adds no pod
                queue("over its threshold", 5, 1_380, 7), // 1.38; ceil(6.9) = 7
                queue("under its threshold", 5, 250, 2), // .25; ceil(1.25) = 2

                // ---- sustained: the smallest value within the window counts on the way up, the last on the way down
                arguments("not sustained holds", Trigger.CPU, Pods.of(4, Trigger.CPU, 0.95, 0.60), 4), // min .60 <= .70
                arguments(
                        "sustained by less than now",
                        Trigger.CPU,
                        Pods.of(4, Trigger.CPU, 1.0, 0.80),
                        5), // .80/.70 = 1.143; ceil(4.57)
                arguments(
                        "fallen now, smaller before",
                        Trigger.CPU,
                        Pods.of(4, Trigger.CPU, 0.50, 0.10),
                        3), // .50/.70 = .714; ceil(2.86)

                // ---- pods without a value: as at their limit on the way down, as idle on the way up
                arguments(
                        "missing on the way down",
                        Trigger.CPU,
                        cpus(0.35, 0.35, 0.35, null),
                        3), // (3 x .5 + 1/.7)/4 = .732; ceil(2.93) = 3
                arguments(
                        "missing on the way up",
                        Trigger.CPU,
                        cpus(1.05, 1.05, 1.05, null),
                        5), // 3 x 1.5/4 = 1.125; ceil(4.5) = 5
                arguments(
                        "missing turns nothing round",
                        Trigger.CPU,
                        cpus(0.84, 0.84, null, null),
                        4), // 1.2, then 2 x 1.2/4 = .6: other direction, so 4
                arguments(
                        "missing brings into the tolerance",
                        Trigger.CPU,
                        cpus(0.98, 0.98, 0.98, null),
                        4), // 3 x 1.4/4 = 1.05
                arguments(
                        "missing of another trigger counts at its threshold",
                        Trigger.QUEUE_DEPTH,
                        queues(500, 500, null),
                        2), // (.5+.5+1)/3 = .667; ceil(2) = 2

                // ---- pods that are not ready: set aside on the way down, as idle on the way up
                arguments(
                        "warming on the way up",
                        Trigger.CPU,
                        cpu(List.of(READY, READY, WARMING), 1.40),
                        4), // 2 x 2/3 = 1.333; ceil(4) = 4
                arguments(
                        "warming turns nothing round",
                        Trigger.CPU,
                        cpu(List.of(READY, WARMING, WARMING), 0.84),
                        3), // 1.2/3 = .4: other direction
                arguments(
                        "warming on the way down is not counted",
                        Trigger.CPU,
                        cpu(List.of(READY, READY, WARMING), 0.35),
                        1), // .5 x 2 ready = 1
                arguments(
                        "draining is no pod",
                        Trigger.CPU,
                        cpu(List.of(READY, READY, DRAINING), 1.05),
                        3), // 1.5 x 2 = 3
                arguments(
                        "a window that is not full is as not ready",
                        Trigger.CPU,
                        partial(1.40, 1, 1),
                        2), // 2.0 and 0, of 2: 1.0, within the tolerance
                arguments(
                        "only windows that are not full", Trigger.CPU, partial(1.40, 0, 3), 3), // nothing is sustained

                // ---- steps: a quarter more, rounded up, 1 at least
                step("p95 over", Trigger.P95, 8, 3, 10), // 1.5; ceil(8 x 1.25) = 10
                step("p95 over, one pod", Trigger.P95, 1, 3, 2), // ceil(1.25) = 2
                step("p95 far over is one step too", Trigger.P95, 8, 60, 10), // the ratio of 30 says nothing
                step("p95 within the tolerance", Trigger.P95, 8, 2.2, 8), // 1.1
                step("p95 nearly there holds", Trigger.P95, 8, 1.8, 8), // .9
                step("p95 well under asks for nothing", Trigger.P95, 8, 1.7, 0), // .85
                step("errors over", Trigger.ERROR_RATE, 10, 0.08, 13), // 1.6; ceil(12.5) = 13
                step("memory over", Trigger.MEMORY, 5, 0.95, 7)); // 1.1875; ceil(6.25) = 7
    }

    /** From what the triggers ask for to what is recommended: two to twenty pods, policies, stabilization. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    void a_fleet_gets_what_was_computed_by_hand(
            String name, int current, double cpu, int seconds, int desired, @Nullable Limit limit) {
        Recommender recommender = new Recommender(ScalingSettings.DEFAULTS);
        ScalingState state = Pods.steady(recommender, current);
        int pods = current;

        for (int at = 0; at <= seconds; at += 15) {
            state = recommender.next(state, new Fleet(Pods.ofCpu(pods, cpu), List.of(), Pods.START.plusSeconds(at)));
            pods = state.last().desired();
        }

        assertThat(state.last().desired()).isEqualTo(desired);
        assertThat(state.last().limitedBy()).isEqualTo(limit);
    }

    static Stream<Arguments> limits() {
        return Stream.of(
                // 2 -> ceil(2 x 2) = 4; allowed max(2 x 2, 2 + 4) = 6
                arguments("2 pods may double and more", 2, 1.40, 0, 4, null),
                // 4 x 2 = 8; 15 s later the period is over, start = 4; allowed max(8, 8) = 8
                arguments("and again 15 s later", 2, 1.40, 15, 8, null),
                // 15 x 2 = 30; allowed max(30, 19) = 30 > 20
                arguments("20 is the most", 15, 1.40, 0, 20, Limit.MAX),
                // asked 3; the samples of the last 300 s have 20
                arguments("no pod goes for 285 s", 20, 0.10, 270, 20, Limit.DOWN_STABILIZATION),
                // the last 20 was at -15 s, no more within 300 s at 285 s; asked 3; 3 pods in 300 s: 17
                arguments("then 3", 20, 0.10, 285, 17, Limit.DOWN_POLICY),
                // the event at 285 s is within 300 s until 585 s: start = 17 + 3, 20 - 3 = 17
                arguments("and no more for 300 s", 20, 0.10, 570, 17, Limit.DOWN_POLICY),
                arguments("then 3 again", 20, 0.10, 585, 14, Limit.DOWN_POLICY),
                // 285 + 5 x 300 = 1785: the sixth step, 20 - 18 = 2; asked ceil(5 x .1429) = 1 at the end
                arguments("2 are reached after half an hour", 20, 0.10, 1_785, 2, Limit.MIN),
                arguments("not before", 20, 0.10, 1_770, 5, Limit.DOWN_POLICY));
    }

    /** Where two policies differ: by hand from periodStart = current - added in the period + removed in the period. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void the_policies_allow_what_was_computed_by_hand(
            String name, int now, List<ScalingState.Sample> events, int highest, int lowest) {
        ScalingSettings defaults = ScalingSettings.DEFAULTS;

        assertThat(Behavior.highest(now, events, defaults.up(), 1_000)).isEqualTo(highest);
        assertThat(Behavior.lowest(now, events, defaults.down(), 1_000)).isEqualTo(lowest);
    }

    static Stream<Arguments> policies() {
        return Stream.of(
                arguments("4 pods are more than 100 % of 3", 3, List.of(), 7, 0), // max(6, 7); 3 - 3
                arguments("100 % of 4 are 4 pods", 4, List.of(), 8, 1), // max(8, 8); 4 - 3
                arguments("100 % are more than 4 pods of 10", 10, List.of(), 20, 7), // max(20, 14); 10 - 3
                arguments("added just now", 8, events(1_000, 4), 8, 1), // start 4: max(8, 8) = 8; 4 - 3 = 1
                arguments("added 15 s ago", 8, events(999, 4), 16, 1), // out of 15 s: max(16, 12); in 300 s: 4 - 3 = 1
                arguments("removed 285 s ago", 8, events(981, -3), 16, 8), // start 11: 11 - 3 = 8
                arguments("removed 300 s ago", 8, events(980, -3), 16, 5), // out of 300 s: 8 - 3
                arguments("removed 2 of 3", 8, events(990, -2), 16, 7)); // start 10: 10 - 3
    }

    @ParameterizedTest
    @MethodSource("selections")
    void select_takes_the_larger_or_smaller_change_or_none(ScalingRules.Select select, int highest, int lowest) {
        List<ScalingPolicy> policies = List.of(
                ScalingPolicy.percent(50, Duration.ofSeconds(60)), ScalingPolicy.pods(2, Duration.ofSeconds(60)));
        ScalingRules rules = new ScalingRules(Duration.ZERO, policies, select);

        // Of 9 pods: ceil(13.5) = 14 or 11; int(4.5) = 4 or 7.
        assertThat(Behavior.highest(9, List.of(), rules, 1_000)).isEqualTo(highest);
        assertThat(Behavior.lowest(9, List.of(), rules, 1_000)).isEqualTo(lowest);
    }

    static Stream<Arguments> selections() {
        return Stream.of(
                arguments(ScalingRules.Select.MAX, 14, 4),
                arguments(ScalingRules.Select.MIN, 11, 7),
                arguments(ScalingRules.Select.DISABLED, 9, 9));
    }

    private static List<ScalingState.Sample> events(long slot, int delta) {
        return List.of(new ScalingState.Sample(slot, delta));
    }

    private static Arguments cpu(String name, int pods, double cpu, int desired) {
        return arguments("cpu " + name, Trigger.CPU, Pods.ofCpu(pods, cpu), desired);
    }

    private static Arguments queue(String name, int pods, double depth, int desired) {
        return arguments(
                "queue " + name, Trigger.QUEUE_DEPTH, Pods.of(pods, Trigger.QUEUE_DEPTH, depth, depth), desired);
    }

    private static Arguments step(String name, Trigger trigger, int pods, double value, int desired) {
        return arguments(name, trigger, Pods.of(pods, trigger, value, value), desired);
    }

    private static List<PodSignals> cpus(@Nullable Double... values) {
        return each(Trigger.CPU, values);
    }

    private static List<PodSignals> queues(@Nullable Object... values) {
        Double[] doubles = new Double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i] == null ? null : ((Number) values[i]).doubleValue();
        }
        return each(Trigger.QUEUE_DEPTH, doubles);
    }

    private static List<PodSignals> each(Trigger trigger, @Nullable Double[] values) {
        List<PodSignals> pods = new ArrayList<>();
        for (Double value : values) {
            SignalSnapshot snapshot = value == null
                    ? Pods.without(Pods.snapshot(trigger, 0, 0, true), trigger)
                    : Pods.snapshot(trigger, value, value, true);
            pods.add(Pods.pod("pod-" + pods.size(), READY, snapshot));
        }
        return pods;
    }

    private static List<PodSignals> cpu(List<PodSignals.State> states, double cpu) {
        List<PodSignals> pods = new ArrayList<>();
        for (PodSignals.State state : states) {
            pods.add(Pods.pod("pod-" + pods.size(), state, Pods.snapshot(Trigger.CPU, cpu, cpu, true)));
        }
        return pods;
    }

    private static List<PodSignals> partial(double cpu, int full, int partial) {
        List<PodSignals> pods = new ArrayList<>();
        for (int i = 0; i < full + partial; i++) {
            pods.add(Pods.pod("pod-" + i, READY, Pods.snapshot(Trigger.CPU, cpu, cpu, i < full)));
        }
        return pods;
    }

    static TriggerRow row(Recommendation recommendation, Trigger trigger) {
        return recommendation.triggers().stream()
                .filter(row -> row.trigger() == trigger)
                .findFirst()
                .orElseThrow();
    }
}
