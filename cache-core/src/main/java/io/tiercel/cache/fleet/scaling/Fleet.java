package io.tiercel.cache.fleet.scaling;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * The fleet at one moment. All times are by one clock: that of whoever keeps the heartbeats.
 *
 * @param pods those that are known, up to 10,000, each with a name of its own
 * @param floors what operators have asked for, also for later or before; up to 1,000
 * @param now the moment
 */
public record Fleet(List<PodSignals> pods, List<Floor> floors, Instant now) {
    /** Copies the lists, the pods in the order of their names: sums of binary fractions depend on it. */
    public Fleet {
        pods = pods.stream().sorted(Comparator.comparing(PodSignals::pod)).toList();
        floors = List.copyOf(floors);
        Fields.between("pods", pods.size(), 0, ScalingSettings.MOST_REPLICAS);
        Fields.between("floors", floors.size(), 0, 1_000);
        Fields.between("now", now.getEpochSecond(), 0, 1L << 40);
    }
}
