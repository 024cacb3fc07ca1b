package io.tiercel.failure.matrix;

import io.tiercel.cache.CacheTimeoutException;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What a source can do instead of bringing a value. */
final class LoaderFaults {
    private static final Duration SOFT = Duration.ofMillis(200);
    private static final Duration HARD = Duration.ofMillis(600);
    private static final int WAITERS = 8;

    private LoaderFaults() {}

    static Measured loaderThrows(Backends backends) throws Exception {
        Reads reads = new Reads();
        try (TieredCache<String, String> cache = OwnFaults.builder(backends, "throws")
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMillis(300)).jitter(0).staleIfError(Duration.ofMinutes(1)))
                .build()) {
            List<String> keys = OwnFaults.keys("t");
            reads.get(cache, keys, OwnFaults::value);
            Thread.sleep(500);

            for (String key : keys) {
                String stale = reads.get(cache, key, k -> {
                    throw new IllegalStateException("the source is away");
                });
                reads.expect(OwnFaults.value(key).equals(stale), "no stale value: " + stale);
            }
            reads.expect(reads.errors().isEmpty(), "an exception although there was a stale value");
            reads.remark(OwnFaults.KEYS + " stale values in place of exceptions");
            IllegalStateException own = new IllegalStateException("the source is away");
            try {
                var unused = cache.get("never seen", k -> {
                    throw own;
                });
                reads.expect(false, "no exception without a stale value");
            } catch (IllegalStateException e) {
                reads.expect(e == own, "another exception than the loader's");
            }
            String healed = reads.get(cache, "never seen", OwnFaults::value);
            reads.expect(OwnFaults.value("never seen").equals(healed), "the failure was remembered");
        }
        return reads.measured();
    }

    static Measured loaderReturnsNull(Backends backends) throws Exception {
        Reads reads = new Reads();
        try (TieredCache<String, String> cache = OwnFaults.open(backends, "null");
                TieredCache<String, String> other = OwnFaults.open(backends, "null")) {
            OwnFaults.awaitListening(cache);
            OwnFaults.awaitListening(other);
            List<String> keys = OwnFaults.keys("n");
            for (int i = 0; i < 4; i++) {
                for (String key : keys) {
                    reads.expect(reads.get(cache, key, k -> null) == null, "a value from nowhere");
                }
                Thread.sleep(100);
            }
            long loads = reads.loadsAndReset();
            reads.expect(loads <= 2 * OwnFaults.KEYS, "absence was not remembered: " + loads + " loads");
            for (String key : keys) {
                var unused = other.put(key, OwnFaults.value(key));
            }
            Thread.sleep(300);
            for (String key : keys) {
                String found = reads.get(cache, key, k -> null);
                reads.expect(OwnFaults.value(key).equals(found), "absence outlived a put elsewhere: " + found);
            }
            reads.remark(
                    loads + " loads for 200 reads of " + OwnFaults.KEYS + " absent keys; a put elsewhere ends absence");
        }
        return reads.measured();
    }

    /** All who wait for one key are freed at the hard timeout; what the loader brings late is kept. */
    static Measured loaderHangs(Backends backends) throws Exception {
        Reads reads = new Reads();
        List<Long> times = new CopyOnWriteArrayList<>();
        AtomicInteger freed = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch answer = new CountDownLatch(1);
        try (TieredCache<String, String> cache = OwnFaults.builder(backends, "hangs")
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofSeconds(2)).jitter(0).staleIfError(Duration.ofMinutes(1)))
                .policy(p -> p.softTimeout(SOFT).hardTimeout(HARD))
                .build()) {
            OwnFaults.awaitListening(cache);
            List<String> known = OwnFaults.keys("known").subList(0, 5);
            reads.get(cache, known, OwnFaults::value);
            Thread.sleep(2_300);
            List<Thread> waiters = new ArrayList<>();
            for (int i = 0; i < WAITERS; i++) {
                Thread thread = new Thread(() -> {
                    long start = System.nanoTime();
                    try {
                        var unused = cache.get("new", k -> {
                            calls.incrementAndGet();
                            answer.await();
                            return "late";
                        });
                    } catch (CacheTimeoutException e) {
                        freed.incrementAndGet();
                    }
                    times.add(System.nanoTime() - start);
                });
                waiters.add(thread);
                thread.start();
            }
            for (Thread waiter : waiters) {
                waiter.join(10_000);
            }
            for (String key : known) {
                String stale = reads.get(cache, key, k -> {
                    answer.await();
                    return "late";
                });
                reads.expect(OwnFaults.value(key).equals(stale), "no stale value at the soft timeout: " + stale);
            }
            answer.countDown();
            Thread.sleep(300);
            String late = reads.get(cache, "new", k -> "again");
            long longest = times.stream().mapToLong(Long::longValue).max().orElse(0);
            reads.expect(freed.get() == WAITERS, freed + " of " + WAITERS + " were freed with a CacheTimeoutException");
            reads.expect(calls.get() == 1, "the loader was called " + calls + " times");
            reads.expect("late".equals(late), "what came late was not kept: " + late);
            reads.expect(longest < 3 * HARD.toNanos(), "freed after " + Texts.ofNanos(longest));
            reads.remark(WAITERS + " readers of one key, one call; all freed after at most " + Texts.ofNanos(longest)
                    + " (hard timeout " + Texts.of(HARD) + "); stale values at the soft timeout of " + Texts.of(SOFT));
        } finally {
            answer.countDown();
        }
        return reads.measured();
    }
}
