package io.tiercel.benchmarks;

import io.tiercel.cache.Loader;
import io.tiercel.cache.TieredCache;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What {@link FeedHitBenchmark} measures, for a machine that has other work to do: hits with the change feed and without
 * take turns of some milliseconds in one thread, and what counts is the time that the thread had a processor. JMH runs
 * one after the other, by the clock on the wall, and what the machine does in between may be more than the difference.
 *
 * <p>Exit code 1: the median of the ratios is above 1.5.
 */
final class FeedRatio {
    private static final int ROUNDS = 400;
    private static final int WARM_UP = 100;
    private static final int READS = 100_000;
    private static final double MOST = 1.5;
    private static final Loader<String, String> LOADER = key -> "loaded " + key;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private long found;

    private FeedRatio() {}

    static int run(List<String> args) throws InterruptedException {
        int rounds = ROUNDS;
        try {
            if (!args.isEmpty()) {
                rounds = Integer.parseInt(args.get(0));
            }
        } catch (NumberFormatException e) {
            rounds = 0;
        }
        if (rounds < 1 || args.size() > 1) {
            System.err.println("benchmarks: feed takes at most one argument, the number of rounds");
            return 2;
        }
        boolean good = true;
        for (int keys : new int[] {1_000, 100_000}) {
            good &= new FeedRatio().measure(keys, rounds) <= MOST;
        }
        return good ? 0 : 1;
    }

    private double measure(int count, int rounds) throws InterruptedException {
        LocalHitBenchmark.Keys keys = new LocalHitBenchmark.Keys();
        keys.keys = count;
        LocalHitBenchmark.Asked asked = new LocalHitBenchmark.Asked();
        asked.draw(keys);
        FeedHitBenchmark.Behind with = new FeedHitBenchmark.Behind(keys, true);
        FeedHitBenchmark.Behind without = new FeedHitBenchmark.Behind(keys, false);
        double[] nanosWith = new double[rounds];
        double[] nanosWithout = new double[rounds];
        double[] ratios = new double[rounds];
        for (int i = -WARM_UP; i < rounds; i++) {
            double one = nanos(with.cache, asked);
            double other = nanos(without.cache, asked);
            if (i >= 0) {
                nanosWith[i] = one;
                nanosWithout[i] = other;
                ratios[i] = one / other;
            }
        }
        with.requireHits();
        without.requireHits();
        double ratio = median(ratios);
        System.out.printf(
                Locale.ROOT,
                "%,d keys, %d rounds of %,d reads (%,d values): CPU time of a hit with the change feed %.0f ns, without"
                        + " %.0f ns; median of the ratios %.2f, of a tenth of them above %.2f, at most %.2f%n",
                count,
                rounds,
                READS,
                found,
                median(nanosWith),
                median(nanosWithout),
                ratio,
                ratios[rounds * 9 / 10],
                MOST);
        return ratio;
    }

    private double nanos(TieredCache<String, String> cache, LocalHitBenchmark.Asked asked) {
        long begin = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < READS; i++) {
            found += cache.get(asked.next(), LOADER) == null ? 0 : 1;
        }
        return (double) (threads.getCurrentThreadCpuTime() - begin) / READS;
    }

    /** Sorts it. */
    private static double median(double[] numbers) {
        Arrays.sort(numbers);
        return numbers[numbers.length / 2];
    }
}
