package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.TieredCache;
import io.tiercel.embedded.RedisNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Removing everything must not cost more than removing little, and be seen by everybody at once. Three instances with
 * their own clients; how many entries there are is said by {@code clear.entries} and {@code clear.tagged}.
 */
@Timeout(600)
class ClearIT {
    private static final int ENTRIES = Integer.getInteger("clear.entries", 100_000);
    private static final int TAGGED = Integer.getInteger("clear.tagged", 10_000);
    private static final int FEW = 1_000;
    /** Each asks for the last stamp when it hears that there is a new one, a little earlier or later than it is counted. */
    private static final int INSTANCES = 3;

    private static final int BATCH = 5_000;
    private static final int SAMPLE = 1_000;
    private static final int LOADERS = 16;
    private static final Duration SOON = Duration.ofMillis(250);

    /** For the echoes of own writes, which drop the first copies. */
    private static final long SETTLING_MILLIS = 500;

    private static Backends backends;

    private final long seed = Long.getLong("history.seed", System.nanoTime());
    private final List<TieredCache<String, String>> instances = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private CommandCounts commands;

    @BeforeAll
    static void start() {
        Backends.memcachedOrSkip().close();
        backends = new Backends();
    }

    @AfterAll
    static void stop() {
        if (backends != null) {
            backends.close();
        }
    }

    @BeforeEach
    void open() {
        List<RedisNode> primaries = List.copyOf(backends.primaries().keySet());
        commands = new CommandCounts(primaries);
        for (int i = 0; i < INSTANCES; i++) {
            instances.add(Caches.open(new Settings(
                    i,
                    "clear",
                    backends.redis().uri(),
                    backends.memcached().address(),
                    0,
                    ENTRIES,
                    0,
                    0,
                    Caches.TTL,
                    Duration.ZERO,
                    Path.of("none"))));
        }
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        instances.forEach(TieredCache::close);
        commands.close();
    }

    @Test
    void clearing_many_entries_takes_as_many_commands_as_clearing_few_and_all_miss_at_once() throws Exception {
        List<String> broken = new ArrayList<>();
        Map<String, Long> forFew = clear(FEW, broken);
        Map<String, Long> forMany = clear(ENTRIES, broken);

        assertConstant("clear()", ENTRIES, forFew, forMany, broken);
    }

    @Test
    void a_tag_of_many_entries_takes_as_many_commands_as_one_of_few_and_all_miss_at_once() throws Exception {
        List<String> broken = new ArrayList<>();
        invalidateTag("first", 1, broken); // the first stamp ever is drawn otherwise than the others
        Map<String, Long> forFew = invalidateTag("few", FEW, broken);
        Map<String, Long> forMany = invalidateTag("many", TAGGED, broken);

        assertConstant("invalidateTag()", TAGGED, forFew, forMany, broken);
    }

    private Map<String, Long> clear(int entries, List<String> broken) throws Exception {
        long begin = System.nanoTime();
        for (int from = 0; from < entries; from += BATCH) {
            Map<String, String> batch = new LinkedHashMap<>();
            for (int i = from; i < Math.min(from + BATCH, entries); i++) {
                batch.put("e" + i, "v" + i);
            }
            var unused = Repeated.write(() -> instances.get(0).putAll(batch));
        }
        System.out.printf("clear: %,d entries stored in %,d ms%n", entries, millisSince(begin));
        List<String> sample = sample("e", entries);
        read(sample);

        commands.reset();
        var unused = Repeated.write(() -> instances.get(0).clear());
        long cleared = System.nanoTime();
        Map<String, Long> counts = commands.counts();
        assertAllMissSoon("clear() of " + entries, sample, cleared, broken);
        return counts;
    }

    private Map<String, Long> invalidateTag(String tag, int entries, List<String> broken) throws Exception {
        long begin = System.nanoTime();
        load(tag, entries);
        System.out.printf("tag: %,d entries loaded in %,d ms%n", entries, millisSince(begin));
        List<String> sample = sample(tag, entries);
        read(sample); // so all three know the tag
        load(tag + "-other", 1);

        commands.reset();
        var unused = Repeated.write(() -> instances.get(0).invalidateTag(tag));
        long invalidated = System.nanoTime();
        Map<String, Long> counts = commands.counts();
        assertAllMissSoon("invalidateTag() of " + entries, sample, invalidated, broken);
        assertThat(instances.get(1).getIfPresent(tag + "-other0"))
                .as("with another tag")
                .isNotNull();
        assertThat(instances
                        .get(2)
                        .get(tag + 0, (key, context) -> context.tags(tag).modified("new", "1")))
                .as("loaded anew with the same tag")
                .isEqualTo("new");
        assertThat(instances.get(1).getIfPresent(tag + 0)).isEqualTo("new");
        return counts;
    }

    private void load(String tag, int entries) throws Exception {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> loaders = new ArrayList<>();
        for (int i = 0; i < LOADERS; i++) {
            TieredCache<String, String> cache = instances.get(0);
            loaders.add(threads.submit(() -> {
                for (int n = next.getAndIncrement(); n < entries; n = next.getAndIncrement()) {
                    var unused = cache.get(tag + n, (key, context) -> {
                        context.tags(tag);
                        return "of " + tag;
                    });
                }
            }));
        }
        for (Future<?> one : loaders) {
            one.get();
        }
    }

    /**
     * Until every instance answers nearly all of the sample from its L1. Not all of it: on a busy machine a write that
     * times out is repeated, and the repair of the first attempt may remove what the second has stored.
     */
    private void read(List<String> sample) throws Exception {
        for (TieredCache<String, String> cache : instances) {
            Backends.await("the sample in L1", () -> {
                Thread.sleep(SETTLING_MILLIS);
                long before = cache.stats().local().hits();
                sample.forEach(cache::getIfPresent);
                return cache.stats().local().hits() - before >= 0.9 * sample.size();
            });
        }
    }

    private List<String> sample(String name, int entries) {
        return new Random(seed)
                .ints(0, entries)
                .distinct()
                .limit(Math.min(SAMPLE, entries))
                .mapToObj(i -> name + i)
                .toList();
    }

    /** Reads the sample again and again on all instances, until long after nothing of it should be there any more. */
    private void assertAllMissSoon(String what, List<String> sample, long since, List<String> broken) throws Exception {
        List<Future<Long>> lastHits = new ArrayList<>();
        for (TieredCache<String, String> cache : instances) {
            lastHits.add(threads.submit(() -> {
                long last = since;
                while (System.nanoTime() - since < 4 * SOON.toNanos()) {
                    for (String key : sample) {
                        long asked = System.nanoTime();
                        if (cache.getIfPresent(key) != null) {
                            last = asked;
                        }
                    }
                }
                return last - since;
            }));
        }
        List<Long> millis = new ArrayList<>();
        for (Future<Long> one : lastHits) {
            millis.add(one.get() / 1_000_000);
        }
        System.out.printf("%s: last hit of each instance after %s ms%n", what, millis);
        if (millis.stream().anyMatch(last -> last > SOON.toMillis())) {
            broken.add(what + " was not seen for ms " + millis);
        }
    }

    private static void assertConstant(
            String what, int entries, Map<String, Long> forFew, Map<String, Long> forMany, List<String> broken) {
        System.out.printf("%s of %,d entries: %s; of %,d: %s%n", what, FEW, forFew, entries, forMany);
        if (total(forMany) > total(forFew) + INSTANCES) {
            broken.add(what + " of " + entries + " entries took " + forMany + " and not " + forFew);
        }
        String names = String.join(" ", forMany.keySet());
        if (names.contains("keys") || names.contains("scan")) {
            broken.add(what + " looks for keys: " + names);
        }
        Enforced.assertKept(Enforced.CLEAR, broken);
    }

    private static long total(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }
}
