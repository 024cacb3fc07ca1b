package io.tiercel.cache.tier.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cache as small as can be upon a feed, beside somebody who writes ever higher versions to the same keys. A hit is
 * wrong when the next version had been acknowledged longer ago than the bound.
 */
final class StalenessCheck implements AutoCloseable {
    private static final Duration TTL = Duration.ofMinutes(10);

    private final RemoteTier tier;
    private final Duration bound;
    private final List<Key> keys;
    private final Map<String, Key> byName = new ConcurrentHashMap<>();
    private final ChangeFeed feed;
    private final RedisClusterClient client;
    private final RedisAdvancedClusterAsyncCommands<String, String> writer;
    private final ScheduledExecutorService writing = Executors.newSingleThreadScheduledExecutor();
    private final CountDownLatch end = new CountDownLatch(1);
    private final List<Thread> readers;
    private final Random pauses;

    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong fills = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong oldest = new AtomicLong();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    /** @param slowness how long the listener takes for each change */
    StalenessCheck(int port, RemoteTier tier, String prefix, int keys, Duration bound, Duration slowness, long seed) {
        this.tier = tier;
        this.bound = bound;
        this.pauses = new Random(seed);
        this.keys = IntStream.range(0, keys).mapToObj(i -> new Key(prefix + i)).toList();
        this.keys.forEach(key -> byName.put(key.name, key));
        this.feed = Objects.requireNonNull(tier.changes(List.of(prefix), bound, name -> {
            if (!slowness.isZero()) {
                LockSupport.parkNanos(slowness.toNanos());
            }
            Key key = byName.get(name);
            if (key != null) {
                key.told.incrementAndGet();
            }
        }));
        // Waits for whoever hangs, and never sends anything twice: of each key the versions arrive in order.
        client = RedisClusterClient.create(RedisURI.create("127.0.0.1", port));
        client.setOptions(ClusterClientOptions.builder()
                .autoReconnect(true)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.ACCEPT_COMMANDS)
                .socketOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .timeoutOptions(TimeoutOptions.enabled(Duration.ofSeconds(30)))
                .build());
        writer = client.connect().async();
        this.keys.forEach(this::writeLater);
        readers = IntStream.range(0, 2)
                .mapToObj(i -> new Thread(() -> read(new Random(seed + i)), "staleness-reader-" + i))
                .toList();
        readers.forEach(Thread::start);
    }

    ChangeFeed feed() {
        return feed;
    }

    long hits() {
        return hits.get();
    }

    /** What was wrong, after a line about what was seen. */
    List<String> findings(String what) {
        System.out.printf(
                "%s: %d hits, %d fills, %d writes; oldest hit %d ms of %d%n",
                what,
                hits.get(),
                fills.get(),
                writes.get(),
                TimeUnit.NANOSECONDS.toMillis(oldest.get()),
                bound.toMillis());
        return List.copyOf(wrong);
    }

    private void writeLater(Key key) {
        try {
            // Now and then so long that nothing sets right what was not told.
            int pause = 1 + pauses.nextInt(pauses.nextInt(8) == 0 ? 4_000 : 100);
            var unused = writing.schedule(() -> write(key), pause, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // closed
        }
    }

    private void write(Key key) {
        if (end.getCount() == 0) {
            return;
        }
        int version = key.version + 1; // writes of one key go one after the other
        key.version = version;
        CompletableFuture<String> set = writer.set(key.name, Integer.toString(version), SetArgs.Builder.px(TTL))
                .toCompletableFuture();
        var unused = set.whenComplete((ok, failure) -> {
            if (failure == null) {
                writes.incrementAndGet();
                key.acknowledged.put(version, System.nanoTime());
            }
            writeLater(key);
        });
    }

    private void read(Random random) {
        while (end.getCount() > 0) {
            Key key = keys.get(random.nextInt(keys.size()));
            long now = System.nanoTime();
            Copy copy = key.copy;
            if (copy != null && copy.told == key.told.get() && copy.section.vouches(copy.epoch, now)) {
                check(key, copy, now);
                LockSupport.parkNanos(20_000);
            } else {
                fill(key);
            }
        }
    }

    private void check(Key key, Copy copy, long now) {
        hits.incrementAndGet();
        Long replaced = key.firstAfter(copy.version);
        if (replaced == null || replaced - now > 0) {
            return;
        }
        long age = now - replaced;
        oldest.accumulateAndGet(age, Math::max);
        if (age > bound.toNanos() && wrong.size() < 20) {
            wrong.add(key.name + " version " + copy.version + " is " + TimeUnit.NANOSECONDS.toMillis(age)
                    + " ms old, in " + copy.section);
        }
    }

    private void fill(Key key) {
        Section section = feed.section(key.name);
        long epoch = section.epoch();
        long told = key.told.get();
        try {
            byte[] found = tier.get(key.name).get(10, TimeUnit.SECONDS);
            if (found != null) {
                fills.incrementAndGet();
                key.copy =
                        new Copy(Integer.parseInt(new String(found, StandardCharsets.US_ASCII)), section, epoch, told);
            }
        } catch (Exception e) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        end.countDown();
        writing.shutdownNow();
        for (Thread reader : readers) {
            try {
                reader.join(20_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        feed.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private record Copy(int version, Section section, long epoch, long told) {}

    private static final class Key {
        final String name;
        final AtomicLong told = new AtomicLong();
        final Map<Integer, Long> acknowledged = new ConcurrentHashMap<>();
        volatile int version;
        volatile @Nullable Copy copy;

        Key(String name) {
            this.name = name;
        }

        /** When the first later version that is known to be there was acknowledged. */
        @Nullable
        Long firstAfter(int version) {
            for (int later = version + 1; later <= this.version; later++) {
                Long at = acknowledged.get(later);
                if (at != null) {
                    return at;
                }
            }
            return null;
        }
    }
}
