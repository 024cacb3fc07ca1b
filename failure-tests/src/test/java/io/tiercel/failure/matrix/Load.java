package io.tiercel.failure.matrix;

import io.tiercel.cache.TieredCache;
import io.tiercel.failure.matrix.Samples.End;
import io.tiercel.failure.matrix.Samples.Kind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * What an application does: reads of hot keys, of keys that others write and of keys that nobody has asked for yet, in
 * one instance; writes and invalidations in another, a few in the same. Every thread pauses between its steps: latency
 * is to be measured, not throughput.
 */
final class Load {
    private static final long ENDING_MILLIS = 15_000;
    private static final int BULK = 10;

    private final Arena arena;
    private final Truth truth;
    private final List<Samples> samples = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, AtomicInteger> readErrors = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> writeErrors = new ConcurrentHashMap<>();
    private final AtomicLong foreign = new AtomicLong();
    private final AtomicLong regressions = new AtomicLong();
    private final AtomicLong oldest = new AtomicLong();
    private final AtomicIntegerArray seen = new AtomicIntegerArray(Truth.HOT + Truth.SHARED);
    private volatile boolean ended;

    Load(Arena arena) {
        this.arena = arena;
        this.truth = arena.truth();
    }

    void start() {
        TieredCache<String, String> cache = arena.observed();
        run("hot", s -> readHot(cache, s));
        run("shared", s -> readShared(cache, s));
        run("cold-1", s -> readCold(cache, s));
        run("cold-2", s -> readCold(cache, s));
        // Each writer has its own keys, so that one of them waiting for a dead node does not stop the others' news.
        for (int i = 0; i < 4; i++) {
            int from = Truth.HOT + i * Truth.SHARED / 4;
            int to = Truth.HOT + (i + 1) * Truth.SHARED / 4;
            TieredCache<String, String> own = i == 0 ? cache : arena.writer();
            run("writer-" + i, s -> writeAll(own, from, to, s));
        }
    }

    private interface Work {
        void step(Samples samples);
    }

    private void run(String name, Work work) {
        Samples own = new Samples();
        samples.add(own);
        Thread thread = new Thread(
                () -> {
                    while (!ended) {
                        work.step(own);
                    }
                },
                "load-" + name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Ends all threads. @return the names of those that did not end: an operation of theirs hangs */
    List<String> stop() throws InterruptedException {
        ended = true;
        long begin = System.nanoTime();
        for (Thread thread : threads) {
            thread.join(Math.max(1, ENDING_MILLIS - (System.nanoTime() - begin) / 1_000_000));
        }
        return threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    }

    private void readHot(TieredCache<String, String> cache, Samples own) {
        for (int key = 0; key < Truth.HOT; key++) {
            read(cache, Kind.HOT, Truth.name(key), key, own);
        }
        LockSupport.parkNanos(500_000);
    }

    private void readShared(TieredCache<String, String> cache, Samples own) {
        for (int key = Truth.HOT; key < Truth.HOT + Truth.SHARED; key++) {
            read(cache, Kind.SHARED, Truth.name(key), key, own);
            if (key % 8 == 0) {
                LockSupport.parkNanos(200_000);
            }
        }
    }

    private void readCold(TieredCache<String, String> cache, Samples own) {
        for (int i = 0; i < 20 && !ended; i++) {
            read(cache, Kind.COLD, truth.coldName(), -1, own);
            LockSupport.parkNanos(1_000_000);
        }
        readMany(cache, own);
    }

    private void readMany(TieredCache<String, String> cache, Samples own) {
        Set<String> names = new LinkedHashSet<>();
        while (names.size() < BULK) {
            names.add(truth.coldName());
        }
        long start = System.nanoTime();
        End end = End.OK;
        try {
            Map<String, String> found = cache.getAll(
                    names, missing -> missing.stream().collect(Collectors.toMap(name -> name, truth::load)));
            if (found.size() < BULK) {
                count(readErrors, "values missing");
                end = End.FAILED;
            }
        } catch (RuntimeException e) {
            count(readErrors, e);
            end = End.FAILED;
        }
        own.add(Kind.COLD, end, start, System.nanoTime() - start);
    }

    private void read(TieredCache<String, String> cache, Kind kind, String name, int key, Samples own) {
        int least = key < 0 ? 0 : seen.get(key);
        long start = System.nanoTime();
        End end = End.OK;
        try {
            String value = cache.get(name, truth::load);
            long time = System.nanoTime() - start;
            judge(name, key, least, value, start);
            own.add(kind, value == null ? End.FAILED : End.OK, start, time);
            return;
        } catch (RuntimeException e) {
            count(readErrors, e);
            end = End.FAILED;
        }
        own.add(kind, end, start, System.nanoTime() - start);
    }

    private void judge(String name, int key, int least, String value, long start) {
        if (value == null) {
            count(readErrors, "no value");
            return;
        }
        int version = Truth.versionOf(name, value);
        if (version < 0) {
            foreign.incrementAndGet();
        } else if (key >= 0) {
            if (version < least) {
                regressions.incrementAndGet();
            }
            seen.accumulateAndGet(key, version, Math::max);
            oldest.accumulateAndGet(truth.age(key, version, start), Math::max);
        }
    }

    private void writeAll(TieredCache<String, String> cache, int from, int to, Samples own) {
        for (int key = from; key < to && !ended; key++) {
            int version = truth.write(key);
            if (version > 0) {
                write(cache, key, version, own);
            }
            LockSupport.parkNanos(4_000_000);
        }
    }

    private void write(TieredCache<String, String> cache, int key, int version, Samples own) {
        boolean removal = version % 4 == 0;
        String name = Truth.name(key);
        long start = System.nanoTime();
        End end = End.OK;
        try {
            var unused = removal ? cache.invalidate(name) : cache.put(name, Truth.value(name, version));
            truth.acknowledged(key, version);
        } catch (RuntimeException e) {
            count(writeErrors, e);
            end = End.FAILED;
        }
        own.add(removal ? Kind.INVALIDATE : Kind.PUT, end, start, System.nanoTime() - start);
    }

    private static void count(Map<String, AtomicInteger> errors, RuntimeException e) {
        count(errors, e.getClass().getSimpleName());
    }

    private static void count(Map<String, AtomicInteger> errors, String what) {
        errors.computeIfAbsent(what, w -> new AtomicInteger()).incrementAndGet();
    }

    List<Samples> samples() {
        return samples;
    }

    Map<String, Integer> readErrors() {
        return counts(readErrors);
    }

    Map<String, Integer> writeErrors() {
        return counts(writeErrors);
    }

    private static Map<String, Integer> counts(Map<String, AtomicInteger> errors) {
        Map<String, Integer> counts = new TreeMap<>();
        errors.forEach((what, count) -> counts.put(what, count.get()));
        return counts;
    }

    /** Values that were written for another key. */
    long foreign() {
        return foreign.get();
    }

    /** Reads of something older than what a read that had ended before returned. */
    long regressions() {
        return regressions.get();
    }

    /** The largest age of an answer so far, in nanoseconds; starts anew. */
    long oldestAndReset() {
        return oldest.getAndSet(0);
    }
}
