package io.tiercel.failure.matrix;

import io.tiercel.cache.CacheException;
import io.tiercel.cache.LoadContext;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.memcached.MemcachedTier;
import io.tiercel.cache.tier.redis.RedisTier;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingMethod;

/** A cache under BlockHound, in a JVM of its own. Obeys standard input. */
final class BlockingChild implements AutoCloseable {
    private static final int THREADS = 4;
    private static final int KEYS = 500;
    private static final int DEPTH = 40;

    private static final Map<String, AtomicInteger> BLOCKED = new ConcurrentHashMap<>();
    private static final AtomicInteger ASKED = new AtomicInteger();
    private static final AtomicInteger CONTENDED = new AtomicInteger();
    private static final Set<String> WATCHED = new ConcurrentSkipListSet<>();

    private final List<String> words;
    private final TieredCache<String, String> cache;

    private BlockingChild(List<String> words) {
        this.words = words;
        this.cache = builder("blocking").build();
    }

    private TieredCacheBuilder<String, String> builder(String name) {
        return TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(200))
                .remote(RedisTier.connect(words.get(0)))
                .remote(MemcachedTier.connect(words.get(1)))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofSeconds(2)).staleWhileRevalidate(Duration.ofSeconds(2)));
    }

    public static void main(String[] words) throws Exception {
        watch();
        try (BlockingChild child = new BlockingChild(List.of(words));
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println("ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(child.obey(List.of(line.split(" ", -1))));
            }
        }
        System.exit(0);
    }

    private static void watch() {
        BlockHound.builder()
                .loadIntegrations()
                .nonBlockingThreadPredicate(known -> thread -> isShared(thread) || known.test(thread))
                // They wait for their next task: that is what they are for.
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "getTask")
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "processWorkerExit")
                .allowBlockingCallsInside("io.netty.util.HashedWheelTimer$Worker", "waitForNextTick")
                .allowBlockingCallsInside("io.netty.util.concurrent.DefaultEventExecutor", "run")
                .disallowBlockingCallsInside("io.netty.util.concurrent.AbstractEventExecutor", "runTask")
                // spymemcached's loop and its queues are its own; what it calls of ours is not.
                .allowBlockingCallsInside("net.spy.memcached.MemcachedConnection", "run")
                .disallowBlockingCallsInside("io.tiercel.cache.tier.memcached.Question", "receivedStatus")
                .disallowBlockingCallsInside("io.tiercel.cache.tier.memcached.Question", "gotData")
                .disallowBlockingCallsInside("io.tiercel.cache.tier.memcached.Question", "complete")
                .blockingMethodCallback(BlockingChild::blocked)
                .install();
    }

    private static boolean isShared(Thread thread) {
        String name = thread.getName();
        boolean shared = name.contains("EventLoop")
                || name.contains("eventExecutorLoop")
                || name.endsWith("-timer")
                || name.contains("-timer-")
                || name.startsWith("Memcached IO")
                || name.endsWith("-io");
        if (shared) {
            WATCHED.add(name);
        }
        return shared;
    }

    /**
     * Only noted: an exception would change what happens next. Who waits for a lock waits for a few instructions of
     * somebody else, if nobody blocks while he holds it, which this looks for too.
     */
    private static void blocked(BlockingMethod method) {
        List<String> stack = Arrays.stream(Thread.currentThread().getStackTrace())
                .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                .filter(frame -> !frame.startsWith("reactor.blockhound") && !frame.contains("BlockingChild.blocked"))
                .skip(1)
                .limit(DEPTH)
                .toList();
        ASKED.incrementAndGet();
        if (stack.stream().anyMatch(BlockingChild::isLock)) {
            CONTENDED.incrementAndGet();
            return;
        }
        String what = Thread.currentThread().getName() + ": " + method.getName() + " in " + String.join(" < ", stack);
        BLOCKED.computeIfAbsent(what, w -> new AtomicInteger()).incrementAndGet();
    }

    private static boolean isLock(String frame) {
        return frame.equals("java.util.concurrent.locks.ReentrantLock.lock")
                || frame.equals("java.util.concurrent.locks.ReentrantLock.lockInterruptibly");
    }

    private String obey(List<String> command) throws Exception {
        switch (command.get(0)) {
            case "work" -> work(Long.parseLong(command.get(1)));
            case "deliberate" -> deliberate();
            case "blocked" -> {
                return BLOCKED.isEmpty()
                        ? "nothing"
                        : BLOCKED.entrySet().stream()
                                .map(entry -> entry.getValue() + " times " + entry.getKey())
                                .collect(Collectors.joining("; "));
            }
            case "watched" -> {
                return new TreeSet<>(WATCHED) + ", waits for a lock: " + CONTENDED + " of " + ASKED;
            }
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
        return "done";
    }

    private void work(long millis) throws InterruptedException {
        long begin = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(
                    () -> {
                        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(millis)) {
                            step();
                        }
                    },
                    "work-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void step() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        String key = key(random);
        List<String> keys = IntStream.range(0, 10).mapToObj(i -> key(random)).toList();
        try {
            switch (random.nextInt(24)) {
                case 0 -> {
                    var unused = cache.invalidate(key);
                }
                case 1 -> {
                    var unused = cache.putAll(keys.stream().distinct().collect(Collectors.toMap(k -> k, k -> "v")));
                }
                case 2 -> {
                    var unused = cache.expire(key);
                }
                case 3 -> {
                    var unused = cache.refresh(key, k -> "v");
                }
                case 4 -> {
                    if (random.nextInt(20) == 0) {
                        var unused = cache.invalidateTag("tag");
                    }
                }
                case 5 -> {
                    if (random.nextInt(50) == 0) {
                        var unused = cache.clear();
                    }
                }
                case 6 -> {
                    var unused = cache.invalidateAll(keys);
                }
                case 7, 8, 9 -> {
                    var unused = cache.put(key, "v");
                }
                case 10, 11 -> {
                    var unused =
                            cache.getAll(keys, missing -> missing.stream().collect(Collectors.toMap(k -> k, k -> "v")));
                }
                case 12, 13 -> {
                    var unused = cache.async().get(key, k -> "v").join();
                }
                case 14 -> {
                    var unused = cache.get(key, BlockingChild::tagged);
                }
                default -> {
                    var unused = cache.get(key, k -> "v");
                }
            }
        } catch (CacheException e) {
            // A node is dead: that is what we are here for.
        }
    }

    private static String tagged(String key, LoadContext<String> context) {
        var unused = context.tags("tag");
        return "v";
    }

    private static String key(ThreadLocalRandom random) {
        return "k" + random.nextInt(KEYS);
    }

    /** An executor that runs on whoever brings the answer, against all advice: the loader blocks an event loop. */
    private void deliberate() throws Exception {
        try (TieredCache<String, String> naive =
                builder("naive").executor(Runnable::run).build()) {
            for (int i = 0; i < 50; i++) {
                var unused = naive.async()
                        .get("key" + i, k -> {
                            Thread.sleep(5);
                            return "v";
                        })
                        .get(5, TimeUnit.SECONDS);
            }
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
