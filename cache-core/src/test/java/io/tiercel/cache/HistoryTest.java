package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.codec.Codec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Randomized histories on one instance: readers load from a database of versions while writers raise them and put or
 * invalidate. No read may return less than what had been acknowledged before it began, and at the end nothing older than
 * the database may be found. Seeds are printed; without the fences, or with readers that join flights of before a write,
 * this fails within a second.
 */
class HistoryTest {
    private static final int KEYS = 6;
    private static final int ROUNDS = 3_000;
    private static final int THREADS = 8;

    private final TimeSource time = TimeSource.SYSTEM;
    private final AtomicIntegerArray database = new AtomicIntegerArray(KEYS);
    private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(KEYS);
    private final List<ReentrantLock> writers =
            java.util.stream.Stream.generate(ReentrantLock::new).limit(KEYS).toList();
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();

    @Test
    @Timeout(120)
    void no_read_on_one_instance_returns_less_than_was_acknowledged_before_it_began() throws Exception {
        long seed = System.nanoTime();
        System.out.println("HistoryTest seed " + seed);
        ExecutorService threads = Executors.newCachedThreadPool();
        FakeTier l2 = new FakeTier("redis", time);
        try (TieredCache<Integer, String> cache = TieredCache.<Integer, String>builder("h")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .build()) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                Random random = new Random(seed + t);
                all.add(threads.submit(() -> run(cache, random)));
            }
            for (Future<?> one : all) {
                one.get();
            }

            assertThat(violations).as("seed %d", seed).isEmpty();
            for (int key = 0; key < KEYS; key++) {
                String now = cache.get(key, k -> "" + database.get(k));
                assertThat(now).as("key %d at rest, seed %d", key, seed).isEqualTo("" + database.get(key));
            }
            assertThat(cache.stats().loads()).isPositive();
            assertThat(cache.stats().fillsRefused()).as("the race was run").isPositive();
        } finally {
            threads.shutdownNow();
        }
    }

    private void run(TieredCache<Integer, String> cache, Random random) {
        for (int i = 0; i < ROUNDS; i++) {
            int key = random.nextInt(KEYS);
            switch (random.nextInt(10)) {
                case 0, 1 -> write(cache, key, random);
                case 2 -> bulk(cache, key, random);
                case 3 -> read(key, () -> cache.refresh(key, k -> load(k, random)));
                default -> read(key, () -> cache.get(key, k -> load(k, random)));
            }
        }
    }

    private interface Read {
        @Nullable
        String value();
    }

    private void read(int key, Read read) {
        int least = acknowledged.get(key);
        check(key, least, read.value());
    }

    private void bulk(TieredCache<Integer, String> cache, int key, Random random) {
        int other = (key + 1) % KEYS;
        int least = acknowledged.get(key);
        int leastOther = acknowledged.get(other);
        Map<Integer, String> values = cache.getAll(List.of(key, other), keys -> {
            Map<Integer, String> loaded = new java.util.HashMap<>();
            keys.forEach(k -> loaded.put(k, load(k, random)));
            return loaded;
        });
        check(key, least, values.get(key));
        check(other, leastOther, values.get(other));
    }

    private void check(int key, int least, @Nullable String value) {
        if (Integer.parseInt(requireNonNull(value, "every load finds a value")) < least) {
            violations.add("key " + key + ": read " + value + " after " + least + " was acknowledged");
        }
    }

    private String load(int key, Random random) {
        int version = database.get(key);
        pause(random);
        return "" + version;
    }

    /** Writers of one key go one after the other, as they would under a row lock. */
    private void write(TieredCache<Integer, String> cache, int key, Random random) {
        ReentrantLock lock = writers.get(key);
        lock.lock();
        try {
            int version = database.incrementAndGet(key);
            pause(random);
            if (random.nextBoolean()) {
                cache.put(key, "" + version);
            } else {
                cache.invalidate(key);
            }
            acknowledged.set(key, version);
        } finally {
            lock.unlock();
        }
    }

    private static void pause(Random random) {
        if (random.nextInt(3) == 0) {
            LockSupport.parkNanos(random.nextInt(200_000));
        }
    }
}
