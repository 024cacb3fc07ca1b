package io.tiercel.examples.demo;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Sends a trace through an instance as fast as it answers. */
final class Replay {
    private static final int PIECE = 128;
    /** One request in so many is timed: a look at the clock costs about as much as an L1 hit. */
    private static final int SAMPLE = 64;

    private final Instance instance;
    private final Feed feed;
    private final long requests;
    private final AtomicLong claimed = new AtomicLong();

    Replay(Instance instance, Feed feed, long requests) {
        this.instance = instance;
        this.feed = feed;
        this.requests = requests;
    }

    /** Returns when every request is answered, or soon after {@code stopped} says so. */
    void run(int threads, BooleanSupplier stopped, long period, Runnable lookOn) throws Exception {
        Crew.run(threads, () -> serve(stopped), period, lookOn);
    }

    private Void serve(BooleanSupplier stopped) throws TraceException {
        for (long from = claimed.getAndAdd(PIECE); from < requests; from = claimed.getAndAdd(PIECE)) {
            List<String> keys = feed.take((int) Math.min(PIECE, requests - from));
            for (int i = 0; i < keys.size() && !stopped.getAsBoolean(); i++) {
                if (i % SAMPLE == 0) {
                    long unused = instance.timedRequest(keys.get(i), System.nanoTime());
                } else {
                    instance.request(keys.get(i));
                }
            }
        }
        return null;
    }
}
