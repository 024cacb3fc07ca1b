package io.tiercel.examples.demo;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * What an instance did with its first requests, which came at a fixed rate.
 *
 * @param label whose they are
 * @param requests how many there were
 * @param localHits how many of them L1 answered
 * @param p50 latency in nanoseconds, from when a request was due: one that had to wait for a slow one before it counts
 *     its wait too
 * @param p99 the same
 */
record FirstSecond(String label, long requests, long localHits, long p50, long p99) {
    double localRatio() {
        return requests == 0 ? 0 : (double) localHits / requests;
    }

    /** Sends the keys through the instance in one second, or more if it cannot keep up. */
    static FirstSecond measure(Instance instance, String label, List<String> keys, int threads, BooleanSupplier stopped)
            throws Exception {
        long hitsBefore = instance.stats().local().hits();
        long requestsBefore = instance.issued();
        long nanosBetween = TimeUnit.SECONDS.toNanos(1) / keys.size();
        ConcurrentHistogram latencies = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(2), 2);
        AtomicInteger next = new AtomicInteger();
        long start = System.nanoTime();
        Crew.run(
                threads,
                () -> {
                    for (int i = next.getAndIncrement(); i < keys.size(); i = next.getAndIncrement()) {
                        if (stopped.getAsBoolean()) {
                            break;
                        }
                        latencies.recordValue(serve(instance, keys.get(i), start + i * nanosBetween));
                    }
                    return null;
                },
                100,
                () -> {});
        return new FirstSecond(
                label,
                instance.issued() - requestsBefore,
                instance.stats().local().hits() - hitsBefore,
                latencies.getValueAtPercentile(50),
                latencies.getValueAtPercentile(99));
    }

    /** A thread that comes in time sleeps, and what it oversleeps is not the cache's fault; one that is late is. */
    private static long serve(Instance instance, String key, long due) {
        boolean late = System.nanoTime() - due >= 0;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return instance.timedRequest(key, late ? due : System.nanoTime());
    }
}
