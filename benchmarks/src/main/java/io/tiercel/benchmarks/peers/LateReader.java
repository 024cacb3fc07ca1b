package io.tiercel.benchmarks.peers;

import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs each {@link Schedule} again and again against Tiercel and against JetCache, and counts where the old value is
 * afterwards. One Redis; a memcached, for Tiercel's L3, if there is one.
 *
 * <pre>./tiercel bench jetcache [rounds]</pre>
 *
 * <p>Exit code 0: Tiercel left no old value in any tier; 1: it did; 2: the arguments are wrong.
 */
public final class LateReader {
    private static final int ROUNDS = 50;
    /** Tiercel's bound; the broadcasts of both take a few milliseconds. */
    private static final long REST_MILLIS = 1_000;

    private static final String LINE = "%-50s %-26s %s%n";

    private static final List<String> TIERS = List.of("L1", "L2", "L3");

    private LateReader() {}

    /** Runs it and returns the exit code. */
    public static int run(List<String> args) throws Exception {
        int rounds = ROUNDS;
        try {
            if (!args.isEmpty()) {
                rounds = Integer.parseInt(args.get(0));
            }
        } catch (NumberFormatException e) {
            rounds = 0;
        }
        if (rounds < 1 || args.size() > 1) {
            System.err.println("benchmarks: jetcache takes at most one argument, the number of rounds");
            return 2;
        }
        Optional<Memcached> memcached = Memcached.startIfAvailable();
        try (RedisServer redis = RedisServer.start();
                LateAnswers network = new LateAnswers(redis.port())) {
            if (memcached.isEmpty()) {
                System.out.println("no memcached, and so no L3: " + Memcached.howToGetIt());
            }
            String l3 = memcached.map(Memcached::address).orElse(null);
            Map<Schedule, Map<String, Integer>> tiercel;
            Map<Schedule, Map<String, Integer>> jetCache;
            try (Contestant cache = new TiercelPair(network.uri(), redis.uri(), l3)) {
                tiercel = run(cache, network, rounds);
            }
            try (Contestant cache = new JetCachePair(network.uri(), redis.uri())) {
                jetCache = run(cache, network, rounds);
            }
            System.out.printf("%nrounds of %d after which a tier holds the old value%n", rounds);
            System.out.printf(LINE, "schedule", "Tiercel", "JetCache 2.7.8");
            tiercel.forEach((schedule, old) -> System.out.printf(
                    LINE,
                    schedule,
                    tell(old, l3 == null ? TIERS.subList(0, 2) : TIERS),
                    tell(jetCache.getOrDefault(schedule, Map.of()), TIERS.subList(0, 2))));
            return tiercel.values().stream().noneMatch(LateReader::hasOld) ? 0 : 1;
        } finally {
            memcached.ifPresent(Memcached::close);
        }
    }

    private static List<Schedule> schedules() {
        List<Schedule> all = new ArrayList<>();
        for (Schedule.Reads reads : Schedule.Reads.values()) {
            for (int writer : new int[] {1, 0}) {
                for (Schedule.Write write : Schedule.Write.values()) {
                    all.add(new Schedule(reads, writer, write));
                }
            }
        }
        return all;
    }

    private static Map<Schedule, Map<String, Integer>> run(Contestant cache, LateAnswers network, int rounds)
            throws Exception {
        for (int i = 0; i < 2; i++) { // connected, and what is learned on the first use is learned
            cache.put(i, "first", Schedule.OLD);
            var unused = cache.get(1 - i, "first", null);
        }
        Thread.sleep(REST_MILLIS);
        Map<Schedule, Map<String, Integer>> found = new LinkedHashMap<>();
        int number = 0;
        for (Schedule schedule : schedules()) {
            List<String> keys = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                String key = "key-" + number + "-" + round + "-";
                schedule.run(cache, network, key);
                keys.add(key);
            }
            number++;
            Thread.sleep(REST_MILLIS);
            found.put(schedule, old(cache, keys));
            System.out.printf(Locale.ROOT, "%s: %s: %s%n", cache.name(), schedule, found.get(schedule));
        }
        return found;
    }

    /** By tier, the number of keys of which it holds the old value; both instances' L1 count as one. */
    private static Map<String, Integer> old(Contestant cache, List<String> keys) {
        Map<String, Integer> old = new TreeMap<>();
        for (String key : keys) {
            Map<String, String> held = cache.held(key);
            if (old.isEmpty() && held.containsValue(Schedule.OLD)) {
                System.out.printf("%s: for example %s: %s%n", cache.name(), key, held);
            }
            held.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(Schedule.OLD))
                    .map(entry -> entry.getKey().replaceFirst("^L1 of .*", "L1"))
                    .distinct()
                    .forEach(tier -> old.merge(tier, 1, Integer::sum));
        }
        return old;
    }

    private static boolean hasOld(Map<String, Integer> old) {
        return old.keySet().stream().anyMatch(TIERS::contains);
    }

    private static String tell(Map<String, Integer> old, List<String> tiers) {
        List<String> parts = new ArrayList<>();
        tiers.forEach(tier -> parts.add(tier + " " + old.getOrDefault(tier, 0)));
        return String.join("  ", parts);
    }
}
