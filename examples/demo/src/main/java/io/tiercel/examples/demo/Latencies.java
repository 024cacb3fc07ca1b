package io.tiercel.examples.demo;

import io.tiercel.cache.Timings;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** How long L1 hits, each remote tier's reads and loads took since the instance began. */
final class Latencies implements Timings {
    static final String LOCAL = "local";
    static final String LOAD = "load";

    private final Map<String, Distribution> distributions = new ConcurrentHashMap<>();

    /** An L1 hit was measured; not every one is, since the clock would cost more than the hit. */
    void localHit(long nanos) {
        of(LOCAL).record(nanos);
    }

    @Override
    public void remoteCall(String tier, String operation, long nanos, boolean failed) {
        if (operation.equals("get")) {
            of(tier).record(nanos);
        }
    }

    @Override
    public void load(long nanos, boolean failed) {
        of(LOAD).record(nanos);
    }

    /** The distribution of {@link #LOCAL}, {@link #LOAD} or a remote tier's name. */
    Distribution of(String name) {
        Distribution known = distributions.get(name);
        return known != null ? known : distributions.computeIfAbsent(name, unused -> new Distribution());
    }

    /** Durations, recorded by any thread and read by one. */
    static final class Distribution {
        private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

        private final Recorder recorder = new Recorder(LONGEST, 2);
        private final Histogram total = new Histogram(LONGEST, 2);

        void record(long nanos) {
            recorder.recordValue(Math.min(LONGEST, Math.max(0, nanos)));
        }

        /** The value that this share of the durations does not exceed, in nanoseconds; 0 if there are none. */
        long percentile(double percent) {
            total.add(recorder.getIntervalHistogram());
            return total.getTotalCount() == 0 ? 0 : total.getValueAtPercentile(percent);
        }
    }
}
