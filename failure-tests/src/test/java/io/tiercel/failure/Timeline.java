package io.tiercel.failure;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

/** What became of the requests, second by second of their arrival. Thread-safe. */
final class Timeline {
    private static final int BARS = 30;

    private final int seconds;
    private final AtomicLongArray requests;
    private final AtomicLongArray errors;
    private final AtomicLongArray wrong;
    private final AtomicLongArray slowest;
    private final AtomicLongArray queries;

    Timeline(int seconds) {
        this.seconds = seconds;
        requests = new AtomicLongArray(seconds);
        errors = new AtomicLongArray(seconds);
        wrong = new AtomicLongArray(seconds);
        slowest = new AtomicLongArray(seconds);
        queries = new AtomicLongArray(seconds);
    }

    int seconds() {
        return seconds;
    }

    void arrived(int second) {
        requests.incrementAndGet(second);
    }

    void ended(int second, boolean inTime, long nanos) {
        slowest.accumulateAndGet(second, nanos, Math::max);
        if (!inTime) {
            errors.incrementAndGet(second);
        }
    }

    void wrong(int second) {
        wrong.incrementAndGet(second);
    }

    void queries(int second, long count) {
        queries.set(second, count);
    }

    long requests(int from, int to) {
        return sum(requests, from, to);
    }

    long errors(int from, int to) {
        return sum(errors, from, to);
    }

    long queries(int from, int to) {
        return sum(queries, from, to);
    }

    long wrong() {
        return sum(wrong, 0, seconds);
    }

    long mostQueries(int from, int to) {
        long most = 0;
        for (int second = from; second < to; second++) {
            most = Math.max(most, queries.get(second));
        }
        return most;
    }

    double errorRate(int from, int to) {
        return (double) errors(from, to) / Math.max(1, requests(from, to));
    }

    /** The share of the requests for which nobody asked the database. */
    double hitRatio(int from, int to) {
        return 1 - (double) queries(from, to) / Math.max(1, requests(from, to));
    }

    private static long sum(AtomicLongArray array, int from, int to) {
        long sum = 0;
        for (int second = from; second < to; second++) {
            sum += array.get(second);
        }
        return sum;
    }

    /** One line a second; the bar is the share of requests that ended well. */
    String picture(int faultAt) {
        StringBuilder picture = new StringBuilder("    s  req/s  err/s  query/s  slowest ms  served in time\n");
        for (int second = 0; second < seconds; second++) {
            long all = Math.max(1, requests.get(second));
            int well = (int) Math.round(BARS * (double) (all - errors.get(second)) / all);
            picture.append(String.format(
                    Locale.ROOT,
                    "%s%3d %6d %6d %8d %11d  %s%s%n",
                    second == faultAt ? " >" : "  ",
                    second,
                    requests.get(second),
                    errors.get(second),
                    queries.get(second),
                    slowest.get(second) / 1_000_000,
                    "#".repeat(well),
                    ".".repeat(BARS - well)));
        }
        return picture.toString();
    }
}
