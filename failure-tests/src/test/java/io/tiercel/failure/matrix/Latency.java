package io.tiercel.failure.matrix;

/**
 * How long some operations took, in nanoseconds.
 *
 * @param count how many there were; the rest is 0 if none
 */
record Latency(int count, long p50, long p99, long max) {
    /** @param sorted ascending */
    static Latency of(long[] sorted) {
        int n = sorted.length;
        return n == 0
                ? new Latency(0, 0, 0, 0)
                : new Latency(n, sorted[n / 2], sorted[(int) Math.min(n - 1L, n * 99L / 100)], sorted[n - 1]);
    }
}
