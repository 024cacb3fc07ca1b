package io.tiercel.failure.matrix;

import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** An instance in a JVM of its own, for faults that befall a whole process. Obeys standard input. */
final class Child implements AutoCloseable {
    private static final String UNKNOWN = "?";
    private static final int LARGE_KEYS = 1_500;
    private static final int LARGEST = 100_000;
    private static final int ATTACKERS = 8;
    private static final long L1_BYTES = 24 << 20;

    private final TieredCache<String, String> cache;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    /** The last time that a read began which returned that version of that key. */
    private final Map<String, Long> lastRead = new HashMap<>();

    private volatile boolean ended;

    private Child(String name, String redis, String memcached) {
        cache = TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumBytes(L1_BYTES))
                .remote(RedisTier.connect(RedisConfig.of(redis).clientName("child")))
                .remote(MemcachedTier.connect(memcached))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Arena.TTL))
                .build();
    }

    public static void main(String[] words) throws Exception {
        try (Child child = new Child(words[0], words[1], words[2]);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println("ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(child.obey(List.of(line.split(" ", -1))));
            }
        }
        System.exit(0);
    }

    private String obey(List<String> command) throws Exception {
        switch (command.get(0)) {
            case "watch" -> {
                run(this::watch);
                return "watching";
            }
            case "watched" -> {
                stop();
                return watched(Long.parseLong(command.get(1)));
            }
            case "attack" -> {
                for (int i = 0; i < ATTACKERS; i++) {
                    run(this::attack);
                }
                return "attacking";
            }
            case "attacked" -> {
                stop();
                return reads + " " + failures + " " + refused + " "
                        + cache.stats().local().bytes() + " "
                        + cache.stats().local().evictions();
            }
            case "put" -> {
                return put(command.get(1), Integer.parseInt(command.get(2)));
            }
            case "find" -> {
                return find(command.get(1), Integer.parseInt(command.get(2)));
            }
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
    }

    private void run(Runnable step) {
        Thread thread = new Thread(() -> {
            while (!ended) {
                step.run();
            }
        });
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void stop() throws InterruptedException {
        ended = true;
        for (Thread thread : threads) {
            thread.join(10_000);
        }
    }

    /** Reads without a pause: one read is always under way when the process is stopped. */
    private void watch() {
        for (int key = Truth.HOT; key < Truth.HOT + Truth.SHARED; key++) {
            String name = Truth.name(key);
            long start = System.nanoTime();
            String value = cache.get(name, k -> UNKNOWN);
            if (value != null && !value.equals(UNKNOWN)) {
                lastRead.put(value, start);
            }
        }
    }

    private String watched(long since) {
        StringJoiner all = new StringJoiner(" ");
        all.add("reads");
        lastRead.forEach((value, start) -> {
            if (start - since > 0) {
                all.add(value + "@" + start);
            }
        });
        return all.toString();
    }

    private void attack() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        String key = "large" + random.nextInt(LARGE_KEYS);
        try {
            if (random.nextInt(10) == 0) {
                var unused = cache.put(key, large(random));
            } else {
                var unused = cache.get(key, k -> large(random));
            }
            reads.incrementAndGet();
        } catch (CacheWriteException e) {
            refused.incrementAndGet();
        } catch (RuntimeException e) {
            failures.incrementAndGet();
        }
    }

    private static String large(ThreadLocalRandom random) {
        return "v".repeat(1 + random.nextInt(LARGEST));
    }

    /** How many writes of those keys are confirmed by every tier. */
    private String put(String prefix, int count) {
        int complete = 0;
        for (int i = 0; i < count; i++) {
            try {
                complete += cache.put(prefix + i, prefix).isComplete() ? 1 : 0;
            } catch (CacheWriteException e) {
                refused.incrementAndGet();
            }
        }
        return Integer.toString(complete);
    }

    /** How many of those keys are found in some tier, how many of the searches failed, and the longest in microseconds. */
    private String find(String prefix, int count) {
        int found = 0;
        int failed = 0;
        long longest = 0;
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            try {
                found += cache.getIfPresent(prefix + i) == null ? 0 : 1;
            } catch (RuntimeException e) {
                failed++;
            }
            longest = Math.max(longest, System.nanoTime() - start);
        }
        return found + " " + failed + " " + longest / 1_000;
    }

    @Override
    public void close() {
        cache.close();
    }
}
