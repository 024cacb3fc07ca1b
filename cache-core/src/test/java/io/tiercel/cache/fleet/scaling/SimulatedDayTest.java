package io.tiercel.cache.fleet.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.fleet.scaling.PodSignals.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A day of a fleet whose CPU and queues follow from the load and the pods that there are, under the recommendation and under
 * a plain HPA written down here from its documentation. Pods take 45 seconds from being ordered to being in use.
 */
class SimulatedDayTest {
    private static final int DAY = 86_400;
    private static final int STARTING = 45;
    private static final Map<Load, Day> OURS = new EnumMap<>(Load.class);

    /** The load, in pods that it would fill completely. */
    enum Load {
        FLAT,
        RAMP,
        SPIKE,
        FLAPPING,
        SLOWLY_FLAPPING;

        /** With noise of 10 %. */
        double at(int second, Random random) {
            return at(second) * (0.95 + 0.1 * random.nextDouble());
        }

        private double at(int second) {
            return switch (this) {
                case FLAT -> 4;
                case RAMP -> 2 + 10 * Math.sin(Math.PI * second / DAY);
                case SPIKE -> second >= 40_000 && second < 43_600 ? 12 : 3;
                case FLAPPING -> second / 120 % 2 == 0 ? 2 : 5;
                case SLOWLY_FLAPPING -> second / 900 % 2 == 0 ? 2 : 8;
            };
        }
    }

    private record Day(int turns, int changes, int most, int last, double overloadedSeconds, double podHours) {}

    @ParameterizedTest
    @EnumSource(Load.class)
    void it_turns_round_no_more_often_than_HPA(Load load) {
        Day ours = ours(load);
        Day hpa = day(load, new Hpa());

        assertThat(ours.turns()).as("ours %s, HPA %s", ours, hpa).isLessThanOrEqualTo(hpa.turns());
    }

    @Test
    void a_flat_load_is_found_once_and_kept() {
        assertThat(ours(Load.FLAT).turns()).isZero();
    }

    @Test
    void a_spike_is_served_and_let_go() {
        Day day = ours(Load.SPIKE);

        assertThat(day.turns()).isEqualTo(1);
        assertThat(day.most()).isGreaterThanOrEqualTo(12);
        assertThat(day.last()).isLessThanOrEqualTo(6);
        assertThat(day.overloadedSeconds()).isLessThan(300);
    }

    private static Day ours(Load load) {
        return OURS.computeIfAbsent(load, l -> day(l, new Tiercel()));
    }

    private static Day day(Load load, Autoscaler scaler) {
        Random random = new Random(42);
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pods.add(new Pod(-STARTING));
        }
        List<Integer> ordered = new ArrayList<>();
        double overloaded = 0;
        double podSeconds = 0;
        for (int second = 0; second < DAY; second += 5) {
            int now = second;
            double asked = load.at(second, random);
            long ready = pods.stream().filter(pod -> pod.isReady(now)).count();
            for (Pod pod : pods) {
                pod.measure(now, asked / Math.max(1, ready));
            }
            overloaded += asked > ready ? 5 : 0;
            podSeconds += 5 * pods.size();
            if (second % 15 == 0) {
                int desired = scaler.desired(now, pods);
                ordered.add(desired);
                while (pods.size() > desired) {
                    pods.remove(pods.size() - 1);
                }
                while (pods.size() < desired) {
                    pods.add(new Pod(now));
                }
            }
        }
        // The first ten minutes are for finding the number.
        List<Integer> after = ordered.subList(40, ordered.size());
        return new Day(
                turns(after),
                (int) Stream.iterate(1, i -> i < after.size(), i -> i + 1)
                        .filter(i -> !after.get(i).equals(after.get(i - 1)))
                        .count(),
                after.stream().mapToInt(i -> i).max().orElseThrow(),
                after.get(after.size() - 1),
                overloaded,
                podSeconds / 3_600);
    }

    private static int turns(List<Integer> ordered) {
        int turns = 0;
        int direction = 0;
        for (int i = 1; i < ordered.size(); i++) {
            int change = Integer.signum(ordered.get(i) - ordered.get(i - 1));
            if (change != 0) {
                turns += direction != 0 && change != direction ? 1 : 0;
                direction = change;
            }
        }
        return turns;
    }

    private static final class Pod {
        private final int ordered;
        private final Signals signals = new Signals(ScalingSettings.DEFAULTS);
        private double cpu;
        private double queue;

        Pod(int ordered) {
            this.ordered = ordered;
        }

        boolean isReady(int second) {
            return second - ordered >= STARTING;
        }

        void measure(int second, double load) {
            Instant now = Pods.START.plusSeconds(second);
            cpu = isReady(second) ? Math.min(1, load) : 0;
            queue = isReady(second) && load > 1 ? Math.min(10_000, queue + (load - 1) * 2_000) : 0;
            signals.record(Trigger.CPU, cpu, now);
            signals.record(Trigger.QUEUE_DEPTH, queue, now);
            signals.record(Trigger.MEMORY, 0.3, now);
            signals.record(Trigger.P95, 0.1, now);
            signals.record(Trigger.ERROR_RATE, 0, now);
        }
    }

    private interface Autoscaler {
        int desired(int second, List<Pod> pods);
    }

    private static final class Tiercel implements Autoscaler {
        private final Recommender recommender = new Recommender(ScalingSettings.DEFAULTS);
        private String state = ScalingState.EMPTY.encode();

        @Override
        public int desired(int second, List<Pod> pods) {
            Instant now = Pods.START.plusSeconds(second);
            List<PodSignals> known = new ArrayList<>();
            for (int i = 0; i < pods.size(); i++) {
                Pod pod = pods.get(i);
                State what = pod.isReady(second) ? State.READY : State.WARMING;
                SignalSnapshot heard = SignalSnapshot.decode(pod.signals.at(now).encode());
                known.add(new PodSignals("pod-" + i, what, Pods.START.plusSeconds(pod.ordered), now, heard));
            }
            ScalingState next = recommender.next(ScalingState.decode(state), new Fleet(known, List.of(), now));
            state = next.encode();
            return next.last().desired();
        }
    }

    /**
     * CPU at 0.70 and queue at 1,000 as metrics of pods, tolerance 0.1, not-ready pods set aside and idle on the way up; the
     * largest of both; stabilization 0 and 300 s; up by the larger of 100 % and 4 pods in 15 s, down by 3 pods in 300 s.
     */
    private static final class Hpa implements Autoscaler {
        private record At(int second, int pods) {}

        private final List<At> recommendations = new ArrayList<>();
        private final List<At> changes = new ArrayList<>();

        @Override
        public int desired(int second, List<Pod> pods) {
            int current = pods.size();
            int asked = Math.max(
                    metric(second, pods, pod -> pod.cpu / 0.70), metric(second, pods, pod -> pod.queue / 1_000));
            int most = asked;
            for (At one : recommendations) {
                if (one.second > second - 300) {
                    most = Math.max(most, one.pods);
                }
            }
            recommendations.add(new At(second, asked));
            int calm = Math.min(Math.max(current, asked), most);
            int desired = calm;
            if (calm > current) {
                int start = current - changed(second, 15);
                desired = Math.min(calm, Math.min(20, Math.max(current, Math.max(2 * start, start + 4))));
            } else if (calm < current) {
                int start = current - changed(second, 300);
                desired = Math.max(calm, Math.max(2, Math.min(current, start - 3)));
            }
            if (desired != current) {
                changes.add(new At(second, desired - current));
            }
            return desired;
        }

        private int changed(int second, int period) {
            return changes.stream()
                    .filter(change -> change.second > second - period)
                    .mapToInt(At::pods)
                    .sum();
        }

        private static int metric(int second, List<Pod> pods, ToDoubleFunction<Pod> ratio) {
            int current = pods.size();
            List<Pod> ready = pods.stream().filter(pod -> pod.isReady(second)).toList();
            double sum = ready.stream().mapToDouble(ratio).sum();
            double mean = sum / ready.size();
            if (mean > 1 && ready.size() < current) {
                double damped = sum / current;
                return damped <= 1.1 ? current : (int) Math.ceil(damped * current);
            }
            return Math.abs(mean - 1) <= 0.1 ? current : (int) Math.ceil(mean * ready.size());
        }
    }
}
