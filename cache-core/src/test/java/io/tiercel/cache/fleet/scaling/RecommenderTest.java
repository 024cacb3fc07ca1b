package io.tiercel.cache.fleet.scaling;

import static io.tiercel.cache.fleet.scaling.HpaCasesTest.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.fleet.scaling.PodSignals.State;
import io.tiercel.cache.fleet.scaling.TriggerRow.Data;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecommenderTest {
    private static final Instant START = Pods.START;
    private final Recommender recommender = new Recommender(ScalingSettings.DEFAULTS);
    private ScalingState state = ScalingState.EMPTY;

    // ---- the brake

    @Test
    void connections_to_the_database_are_summed_over_pods_and_hold_the_fleet() {
        state = Pods.steady(recommender, 5);

        // 5 x 36 = 180 > 150, each alone far under it.
        Recommendation answer = at(0, connected(5, 1.05, 36, ConnectionScope.POD));

        assertThat(answer.desired()).isEqualTo(5);
        assertThat(answer.limitedBy()).isEqualTo(Limit.DB_CONNECTIONS);
        assertThat(answer.reason()).isEqualTo("db_connections");
        assertThat(answer.conflicts())
                .containsExactly(new Conflict(Trigger.DB_CONNECTIONS, 180, 150, 8, 30)); // ceil(5 x 1.5); 150 / 5
    }

    @Test
    void a_count_of_the_database_is_not_summed() {
        state = Pods.steady(recommender, 5);

        Recommendation answer = at(0, connected(5, 1.05, 140, ConnectionScope.DATABASE));

        assertThat(row(answer, Trigger.DB_CONNECTIONS).value()).isEqualTo(140);
        assertThat(answer.conflicts()).isEmpty();
        assertThat(answer.desired()).isEqualTo(8);
    }

    @Test
    void the_brake_does_not_hold_a_fleet_that_shrinks() {
        state = Pods.steady(recommender, 5);

        for (int second = 0; second <= 300; second += 15) {
            at(second, connected(5, 0.1, 40, ConnectionScope.POD));
        }

        assertThat(state.last().desired()).isEqualTo(2);
        assertThat(state.last().conflicts()).hasSize(1);
    }

    @Test
    void connections_are_no_pressure() {
        state = Pods.steady(recommender, 5);

        assertThat(at(0, connected(5, 0.07, 1_000, ConnectionScope.POD)).pressure())
                .isEqualTo(0.1);
    }

    // ---- missing data

    @ParameterizedTest
    @EnumSource(value = Trigger.class, mode = EnumSource.Mode.EXCLUDE, names = "DB_CONNECTIONS")
    void one_pod_without_one_trigger_keeps_all_pods(Trigger missing) {
        state = Pods.steady(recommender, 5);
        List<PodSignals> pods = new ArrayList<>(Pods.ofCpu(5, 0.05));
        pods.set(2, Pods.pod("pod-2", State.READY, Pods.without(pods.get(2).signals(), missing)));

        for (int second = 0; second <= 1_200; second += 15) {
            at(second, pods);
        }

        assertThat(state.last().desired()).isEqualTo(5);
        assertThat(state.last().limitedBy()).isEqualTo(Limit.MISSING_DATA);
        assertThat(row(state.last(), missing).data()).isEqualTo(Data.PARTIAL);
    }

    @ParameterizedTest
    @EnumSource(
            value = Trigger.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DB_CONNECTIONS", "CPU"})
    void a_trigger_without_data_does_not_keep_pods_from_being_added(Trigger missing) {
        state = Pods.steady(recommender, 5);
        List<PodSignals> pods = Pods.ofCpu(5, 1.05).stream()
                .map(pod -> Pods.pod(pod.pod(), State.READY, Pods.without(pod.signals(), missing)))
                .toList();

        Recommendation answer = at(0, pods);

        assertThat(row(answer, missing).data()).isEqualTo(Data.MISSING);
        assertThat(answer.desired()).isEqualTo(8);
    }

    @Test
    void a_heartbeat_that_is_too_old_is_as_none() {
        state = Pods.steady(recommender, 3);
        List<PodSignals> pods = new ArrayList<>(Pods.ofCpu(2, 0.05));
        pods.add(new PodSignals(
                "old", State.READY, START, START.minusSeconds(61), pods.get(0).signals()));

        Recommendation answer = at(0, pods);

        assertThat(answer.stalePods()).isEqualTo(1);
        assertThat(row(answer, Trigger.CPU).data()).isEqualTo(Data.PARTIAL);
        assertThat(answer.limitedBy()).isEqualTo(Limit.MISSING_DATA);
    }

    @Test
    void connections_that_nobody_reports_do_not_matter_until_somebody_has() {
        state = Pods.steady(recommender, 3);
        assertThat(row(at(0, Pods.ofCpu(3, 0.05)), Trigger.DB_CONNECTIONS).data())
                .isEqualTo(Data.UNREPORTED);

        at(15, connected(3, 0.05, 10, ConnectionScope.POD));
        Recommendation after = at(30, Pods.ofCpu(3, 0.05));
        assertThat(row(after, Trigger.DB_CONNECTIONS).data()).isEqualTo(Data.MISSING);
        assertThat(after.limitedBy()).isEqualTo(Limit.MISSING_DATA);

        for (int second = 45; second <= 15 + 3_600; second += 15) {
            at(second, Pods.ofCpu(3, 0.05));
        }
        assertThat(row(state.last(), Trigger.DB_CONNECTIONS).data()).isEqualTo(Data.UNREPORTED);
    }

    // ---- floors

    @Test
    void a_planned_event_lifts_the_fleet_at_once_and_lets_it_go_gradually() {
        state = Pods.steady(recommender, 2);
        Floor sale = floor(Floor.Kind.EVENT, "sale", 14, 60, 3_600);
        assertThat(followTo(0, 45, 0.1, sale)).isEqualTo(2);

        // Not by 4 in 15 seconds: whoever plans knows.
        assertThat(follow(60, 0.1, sale)).isEqualTo(14);
        assertThat(state.last().limitedBy()).isEqualTo(Limit.FLOOR);
        assertThat(state.last().reason()).isEqualTo("floor");
        for (int second = 75; second < 3_600; second += 15) {
            assertThat(follow(second, 0.1, sale)).isEqualTo(14);
        }

        // The last sample of 14 is of 3,585 s.
        assertThat(followTo(3_600, 3_870, 0.1, sale)).isEqualTo(14);
        assertThat(follow(3_885, 0.1, sale)).isEqualTo(11);
    }

    @Test
    void after_an_emergency_nothing_goes_for_half_an_hour() {
        state = Pods.steady(recommender, 2);
        Floor emergency = floor(Floor.Kind.EMERGENCY, "outage", 20, 0, 1_800);
        assertThat(followTo(0, 1_785, 0.1, emergency)).isEqualTo(20);

        assertThat(followTo(1_800, 1_785 + 1_785, 0.1)).isEqualTo(20);
        assertThat(followTo(3_585, 3_585, 0.1)).isEqualTo(17);
        assertThat(followTo(3_600, 3_585 + 1_485, 0.1)).isEqualTo(5);
        assertThat(followTo(5_085, 5_085, 0.1)).isEqualTo(2);
    }

    @Test
    void a_floor_does_not_lift_the_fleet_beyond_its_maximum() {
        state = Pods.steady(recommender, 2);

        assertThat(follow(0, 0.1, floor(Floor.Kind.EVENT, "too much", 500, 0, 60)))
                .isEqualTo(20);
    }

    @Test
    void a_floor_wins_over_the_brake() {
        state = Pods.steady(recommender, 5);
        Fleet fleet = new Fleet(
                connected(5, 1.05, 40, ConnectionScope.POD),
                List.of(floor(Floor.Kind.EVENT, "sale", 10, 0, 60)),
                START);

        state = recommender.next(state, fleet);

        assertThat(state.last().desired()).isEqualTo(10);
        assertThat(state.last().conflicts().get(0).perPod()).isEqualTo(15);
    }

    // ---- steps

    @Test
    void a_step_is_followed_by_the_next_only_after_its_window() {
        state = Pods.steady(recommender, 4);
        List<Integer> desired = new ArrayList<>();

        for (int second = 0; second <= 60; second += 15) {
            int pods = state.last().desired();
            desired.add(at(second, Pods.of(pods, Trigger.P95, 4, 4)).desired());
        }

        assertThat(desired).containsExactly(5, 5, 7, 7, 9);
    }

    @Test
    void steps_are_not_taken_upon_pods_that_are_not_there_yet() {
        state = Pods.steady(recommender, 4);

        for (int second = 0; second <= 285; second += 15) {
            at(second, Pods.of(4, Trigger.P95, 4, 4));
        }

        assertThat(state.last().desired()).isEqualTo(5);
    }

    // ---- who follows, and who does not

    @Test
    void pods_that_are_slow_to_come_are_not_taken_back() {
        state = Pods.steady(recommender, 4);
        assertThat(at(0, Pods.ofCpu(4, 1.05)).desired()).isEqualTo(6);

        // The load has fallen into the tolerance, before the two have come.
        assertThat(at(15, Pods.ofCpu(4, 0.72)).desired()).isEqualTo(6);
        assertThat(at(285, Pods.ofCpu(4, 0.72)).desired()).isEqualTo(6);
    }

    @Test
    void a_pod_that_dies_is_not_given_up() {
        state = Pods.steady(recommender, 6);

        assertThat(at(0, Pods.ofCpu(5, 0.72)).desired()).isEqualTo(6);
    }

    @Test
    void a_step_down_that_nobody_makes_is_not_followed_by_another() {
        state = Pods.steady(recommender, 20);

        for (int second = 0; second <= 3_000; second += 15) {
            assertThat(at(second, Pods.ofCpu(20, 0.1)).desired()).isBetween(17, 20);
        }
        assertThat(state.last().desired()).isEqualTo(17);
    }

    @Test
    void a_fleet_that_somebody_else_has_changed_counts_as_it_is_after_five_minutes() {
        state = Pods.steady(recommender, 4);
        for (int second = 0; second < 300; second += 15) {
            assertThat(at(second, Pods.ofCpu(10, 0.70)).desired()).isEqualTo(4);
        }
        at(300, Pods.ofCpu(10, 0.70)); // max(4 x 2, 4 + 4) = 8
        assertThat(state.last().desired()).isEqualTo(8);
    }

    // ---- learning

    @Test
    void at_first_it_takes_a_minute_until_the_number_is_for_scalers() {
        assertThat(at(0, Pods.ofCpu(1, 0.05)).isLearning()).isTrue();
        assertThat(at(15, Pods.ofCpu(9, 0.05)).isLearning()).isTrue();
        assertThat(at(45, Pods.ofCpu(12, 0.05)).desired()).isEqualTo(12);

        assertThat(at(60, Pods.ofCpu(12, 0.05)).isLearning()).isFalse();
        // What was learned counts as asked for, so stabilization holds from here on.
        assertThat(state.last().desired()).isEqualTo(12);
        assertThat(state.last().limitedBy()).isEqualTo(Limit.DOWN_STABILIZATION);
    }

    @ParameterizedTest
    @ValueSource(ints = {75, 600, 86_400, -15, -600})
    void after_a_gap_or_a_clock_set_back_it_learns_again_and_takes_nothing_away(int jump) {
        state = Pods.steady(recommender, 12);
        at(0, Pods.ofCpu(12, 0.70));

        Recommendation answer = at(jump, Pods.ofCpu(3, 0.05));

        assertThat(answer.isLearning()).isTrue();
        assertThat(answer.desired()).isEqualTo(12);
        for (int second = 15; second <= 285; second += 15) {
            assertThat(at(jump + second, Pods.ofCpu(12, 0.05)).desired()).isEqualTo(12);
        }
    }

    @Test
    void without_any_pod_the_last_number_stays() {
        state = Pods.steady(recommender, 12);

        for (int second = 0; second <= 900; second += 15) {
            assertThat(at(second, List.of()).desired()).isEqualTo(12);
        }
        assertThat(state.last().reason()).isEqualTo("no_pods");
    }

    @Test
    void a_fleet_outside_of_its_range_is_brought_back_at_once() {
        state = Pods.steady(new Recommender(ScalingSettings.DEFAULTS.replicas(1, 50)), 30);
        assertThat(at(0, Pods.ofCpu(30, 0.70)).desired()).isEqualTo(20);
        assertThat(state.last().reason()).isEqualTo("max");

        state = Pods.steady(new Recommender(ScalingSettings.DEFAULTS.replicas(1, 50)), 1);
        assertThat(at(0, Pods.ofCpu(1, 0.70)).desired()).isEqualTo(2);
    }

    @Test
    void there_is_one_recommendation_for_a_slot() {
        state = Pods.steady(recommender, 4);
        at(0, Pods.ofCpu(4, 1.05));
        ScalingState first = state;

        at(14, Pods.ofCpu(4, 0.05));

        assertThat(state).isSameAs(first);
        assertThat(state.isDue(START.plusSeconds(15))).isTrue();
    }

    // ---- shown

    @Test
    void the_document_has_everything_in_its_order() {
        state = Pods.steady(recommender, 5);
        Fleet fleet = new Fleet(
                connected(5, 1.05, 36, ConnectionScope.POD), List.of(floor(Floor.Kind.EVENT, "sale", 3, 0, 60)), START);

        Map<String, ?> map = recommender.next(state, fleet).last().toMap();

        assertThat(map.keySet())
                .containsExactly(
                        "desired_replicas",
                        "current_replicas",
                        "ready_replicas",
                        "min",
                        "max",
                        "pressure",
                        "direction",
                        "reason",
                        "triggers",
                        "conflicts",
                        "stabilized",
                        "limited_by",
                        "floor",
                        "stale_pods",
                        "at");
        assertThat(String.valueOf(map.get("triggers")))
                .contains("{name=cpu, value=1.05, threshold=0.7, window_s=300, sustained=true, ratio=1.5, desired=8,"
                        + " data=complete}");
        assertThat(String.valueOf(map.get("conflicts")))
                .contains("name=db_connections, value=180.0, threshold=150.0, wanted=8, pool_per_pod=30, answer=");
        assertThat(String.valueOf(map.get("floor"))).isEqualTo("{event=sale, min=3, until=2026-11-25T12:01:00Z}");
        assertThat(map.get("at")).isEqualTo("2026-11-25T12:00:00Z");
        assertThat(map.get("limited_by")).isEqualTo("db_connections");
        assertThat(map.get("direction")).isEqualTo("hold");
    }

    @Test
    void the_flat_form_has_numbers_under_names_without_dots() {
        state = Pods.steady(recommender, 5);

        Map<String, Number> flat = at(0, Pods.ofCpu(5, 1.05)).flat();

        assertThat(flat)
                .containsEntry("desired_replicas", 8)
                .containsEntry("value_cpu", 1.05)
                .containsEntry("sustained_cpu", 1)
                .containsEntry("pressure", 1.5)
                .containsEntry("desired_cpu", 8);
        assertThat(flat.keySet()).allMatch(name -> name.matches("[a-z0-9_]+")).doesNotContain("value_db_connections");
    }

    // ---- as text

    @Test
    void the_state_comes_back_from_its_text_as_it_was() {
        Random random = new Random(5);
        for (int run = 0; run < 10; run++) {
            state = ScalingState.EMPTY;
            for (int second = 0; second < 9_000; second += 15) {
                state = recommender.next(state, FleetsTest.anyFleet(run, random, START.plusSeconds(second), state));
                if (random.nextInt(20) == 0) {
                    String text = state.encode();
                    assertThat(text)
                            .hasSizeLessThanOrEqualTo(ScalingState.LONGEST)
                            .matches("\\p{ASCII}*");
                    assertThat(ScalingState.decode(text)).isEqualTo(state);
                }
            }
        }
        assertThat(ScalingState.decode(ScalingState.EMPTY.encode())).isEqualTo(ScalingState.EMPTY);
    }

    @Test
    void the_longest_state_fits() {
        List<ScalingState.Sample> samples = new ArrayList<>();
        for (int i = 239; i >= 0; i--) {
            samples.add(new ScalingState.Sample(1L << 39, -10_000));
        }
        List<ScalingState.Sample> asked = samples.stream()
                .map(s -> new ScalingState.Sample(s.slot(), 10_000))
                .toList();
        Map<Trigger, Long> seen = new EnumMap<>(Trigger.class);
        Stream.of(Trigger.values()).forEach(trigger -> seen.put(trigger, 1L << 39));
        List<TriggerRow> rows = Stream.of(Trigger.values())
                .map(t -> new TriggerRow(
                        t, 123_450, 123_450, Duration.ofHours(1), true, 123_450, 10_000, Data.UNREPORTED))
                .toList();
        Floor floor = new Floor(Floor.Kind.EMERGENCY, "\u20ac".repeat(64), 10_000, START, START.plusSeconds(9));
        Recommendation last = new Recommendation(
                10_000,
                10_000,
                10_000,
                1,
                10_000,
                123_450,
                "db_connections",
                rows,
                List.of(new Conflict(Trigger.DB_CONNECTIONS, 123_450, 123_450, 10_000, 10_000)),
                10_000,
                10_000,
                Limit.DOWN_STABILIZATION,
                floor,
                10_000,
                START);
        ScalingState longest = new ScalingState(1L << 39, 1L << 39, 1L << 39, 1L << 39, asked, samples, seen, last);

        assertThat(longest.encode()).hasSizeLessThan(8_192);
        assertThat(ScalingState.decode(longest.encode())).isEqualTo(longest);
    }

    @Test
    void garbage_is_refused_or_read_and_the_next_recommendation_is_in_range() {
        Random random = new Random(9);
        state = Pods.steady(recommender, 5);
        at(0, connected(5, 1.05, 36, ConnectionScope.POD));
        String good = state.encode();
        int read = 0;
        for (int i = 0; i < 10_000; i++) {
            StringBuilder text = new StringBuilder(good);
            for (int change = random.nextInt(3); change >= 0; change--) {
                int place = random.nextInt(text.length());
                switch (random.nextInt(4)) {
                    case 0 -> text.deleteCharAt(place);
                    case 1 -> text.insert(place, "0123456789|;,-.".charAt(random.nextInt(15)));
                    case 2 -> text.setCharAt(place, (char) random.nextInt(256));
                    default -> text.setCharAt(place, "0123456789|;,-.".charAt(random.nextInt(15)));
                }
            }
            try {
                ScalingState hostile = ScalingState.decode(text.toString());
                read++;
                Fleet fleet = new Fleet(Pods.ofCpu(5, 0.7), List.of(), START.plusSeconds(15));
                int desired = recommender.next(hostile, fleet).last().desired();
                if (hostile.isDue(fleet.now())) {
                    assertThat(desired).isBetween(2, 20);
                }
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).isNotBlank().hasSizeLessThan(300);
            }
        }
        assertThat(read).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "2|0|0|0|0||||",
                "1|a|0|0|0||||",
                "1|5|0|0|0|0,1;1,1|||",
                "1|5|0|0|0|1||||",
                "1|5|0|0|0||||x",
                "1|5|0|0|0|300,1|||",
                "1|5|0|0|0||||1,1,1,1,1,1,1|1|r||||||",
                "1|99999999999999|0|0|0||||"
            })
    void another_text_is_refused(String text) {
        assertThatThrownBy(() -> ScalingState.decode(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must ");
    }

    @Test
    void a_text_that_is_too_long_is_refused_unread() {
        assertThatThrownBy(() -> ScalingState.decode("1".repeat(16_385)))
                .hasMessage("state must have 16384 characters at most: 16385");
    }

    // ---- settings

    @Test
    void settings_that_make_no_sense_are_refused_by_name() {
        ScalingSettings fine = ScalingSettings.DEFAULTS;
        assertThatThrownBy(() -> fine.replicas(5, 4)).hasMessage("min must be from 1 to 4: 5");
        assertThatThrownBy(() -> fine.replicas(1, 10_001)).hasMessage("max must be from 1 to 10000: 10001");
        assertThatThrownBy(() -> fine.step(0)).hasMessage("step must be over 0 and at most 1: 0.0");
        assertThatThrownBy(() -> fine.mostRatio(1)).hasMessage("mostRatio must be from 1.1 to 10: 1.0");
        assertThatThrownBy(() -> Trigger.CPU.defaults().threshold(Double.NaN))
                .hasMessage("threshold must be over 0 and at most 1000000000: NaN");
        assertThatThrownBy(() -> Trigger.CPU.defaults().window(Duration.ZERO))
                .hasMessage("window must be from PT1S to PT1H: PT0S");
        assertThatThrownBy(() -> Trigger.CPU.defaults().tolerance(-1))
                .hasMessage("tolerance must be from 0 to 0.5: -1.0");
        assertThatThrownBy(() -> ScalingPolicy.pods(0, Duration.ofSeconds(15)))
                .hasMessage("value must be from 1 to 10000: 0");
        assertThatThrownBy(() -> ScalingPolicy.pods(1, Duration.ofHours(1)))
                .hasMessage("period must be from PT1S to PT30M: PT1H");
        assertThatThrownBy(() -> new ScalingRules(Duration.ZERO, List.of(), ScalingRules.Select.MAX))
                .hasMessage("policies must be from 1 to 8: 0");
        assertThatThrownBy(() -> floor(Floor.Kind.EVENT, "", 1, 0, 1)).hasMessage("name must be from 1 to 64: 0");
        assertThatThrownBy(() -> floor(Floor.Kind.EVENT, "x", 1, 5, 5))
                .hasMessageStartingWith("until must be after from");
    }

    // ---- the plan

    @Test
    void from_twenty_to_two_it_takes_thirty_minutes() {
        List<ReplicaPlan.Step> steps =
                ReplicaPlan.of(20, 2, ScalingSettings.DEFAULTS, START).steps();

        assertThat(steps)
                .containsExactly(
                        step(0, 20),
                        step(300, 17),
                        step(600, 14),
                        step(900, 11),
                        step(1_200, 8),
                        step(1_500, 5),
                        step(1_800, 2));
    }

    @Test
    void from_two_to_twenty_it_takes_half_a_minute() {
        // max(4, 6) = 6; max(12, 10) = 12; max(24, 16) = 24
        assertThat(ReplicaPlan.of(2, 20, ScalingSettings.DEFAULTS, START).steps())
                .containsExactly(step(0, 6), step(15, 12), step(30, 20));
    }

    @Test
    void to_where_it_is_it_takes_nothing() {
        assertThat(ReplicaPlan.of(5, 5, ScalingSettings.DEFAULTS, START).steps())
                .containsExactly(step(0, 5));
    }

    private static ReplicaPlan.Step step(int second, int replicas) {
        return new ReplicaPlan.Step(START.plusSeconds(second), replicas);
    }

    // ---- how it is asked

    private Recommendation at(int second, List<PodSignals> pods) {
        Instant now = START.plusSeconds(second);
        state = recommender.next(state, new Fleet(pods, List.of(), now));
        return state.last();
    }

    /** With an orchestrator that has always done what was recommended. */
    private int follow(int second, double cpu, Floor... floors) {
        List<PodSignals> pods = Pods.ofCpu(state.last().desired(), cpu);
        state = recommender.next(state, new Fleet(pods, List.of(floors), START.plusSeconds(second)));
        return state.last().desired();
    }

    private int followTo(int from, int to, double cpu, Floor... floors) {
        int desired = 0;
        for (int second = from; second <= to; second += 15) {
            desired = follow(second, cpu, floors);
        }
        return desired;
    }

    private static Floor floor(Floor.Kind kind, String name, int replicas, int from, int until) {
        return new Floor(kind, name, replicas, START.plusSeconds(from), START.plusSeconds(until));
    }

    private static List<PodSignals> connected(int count, double cpu, double connections, ConnectionScope scope) {
        List<PodSignals> pods = new ArrayList<>();
        for (PodSignals pod : Pods.ofCpu(count, cpu)) {
            Map<Trigger, Reading> readings = new EnumMap<>(pod.signals().readings());
            readings.put(Trigger.DB_CONNECTIONS, new Reading(connections, connections / 150, true));
            pods.add(Pods.pod(pod.pod(), State.READY, new SignalSnapshot(readings, scope)));
        }
        return pods;
    }
}
