package io.tiercel.failure;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.ServerSource;
import io.tiercel.failure.OpenLoad.Happening;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is known to bring down a service behind a cache, against Tiercel and against plain cache-aside, on the same Redis
 * Cluster and the same kind of database. Four instances, each with clients of its own; a database of 8 cores that does
 * 800 queries a second at its knee, and so few with 250 at once that each takes twice as long as a user waits.
 *
 * <p>That is the trap: what was overloaded once stays so, since answers that come too late are stored by nobody.
 */
final class Stampedes implements AutoCloseable {
    static final int INSTANCES = 4;
    static final int CORES = 8;
    private static final Duration QUERY = Duration.ofMillis(10);
    private static final int CONNECTIONS = 250;
    private static final Duration DEADLINE = Duration.ofMillis(500);
    /** Longer than a run. */
    private static final Duration LONG = Duration.ofMinutes(2);
    /** The fault, in seconds after the load has begun. */
    private static final int FAULT = 2;

    private static final int SLOW_SECONDS = Integer.getInteger("stampede.slow.seconds", 10);

    private final RedisCluster redis = RedisCluster.start(3);
    private final Optional<Memcached> memcached = Memcached.startIfAvailable();
    private final RedisClusterClient admin =
            RedisClusterClient.create(RedisURI.create("127.0.0.1", redis.node(0).port()));
    private final List<Outcome> outcomes = new ArrayList<>();
    private int runs;

    /** What stands between the users and the database. */
    enum Mode {
        /** Plain cache-aside. */
        NAIVE,
        /** L1 and L2 of Tiercel, with a limit of loads. */
        LIMITED,
        /** The same, and what has ended is served while it is renewed. */
        STALE,
        /** As {@link #LIMITED}, with memcached below. */
        L3
    }

    /**
     * How a run went.
     *
     * @param recovered from which second on it should be well again
     * @param peak the most queries at once
     */
    record Outcome(String scenario, Mode mode, Timeline timeline, int fault, int recovered, int peak, long refused) {
        long errors() {
            return timeline.errors(fault, timeline.seconds());
        }

        double errorRateAtEnd() {
            return timeline.errorRate(recovered, timeline.seconds());
        }

        double hitRatioBefore() {
            return timeline.hitRatio(0, fault);
        }

        double hitRatioAtEnd() {
            return timeline.hitRatio(recovered, timeline.seconds());
        }

        long queriesAfter() {
            return timeline.queries(fault, timeline.seconds());
        }

        boolean isUp() {
            return errorRateAtEnd() < 0.02;
        }

        String row() {
            return String.format(
                    Locale.ROOT,
                    "%-28s %-8s %8d %8d %8.1f%% %8d %6d %6.2f %6.2f  %s",
                    scenario,
                    mode,
                    timeline.requests(0, timeline.seconds()),
                    errors(),
                    100 * errorRateAtEnd(),
                    timeline.mostQueries(fault, timeline.seconds()),
                    peak,
                    hitRatioBefore(),
                    hitRatioAtEnd(),
                    isUp() ? "recovers" : "still down");
        }
    }

    /** All runs so far, a line each. */
    String table() {
        StringBuilder table = new StringBuilder(heading());
        outcomes.forEach(outcome -> table.append(System.lineSeparator()).append(outcome.row()));
        return table.append(System.lineSeparator()).toString();
    }

    private static String heading() {
        return String.format(
                Locale.ROOT,
                "%-28s %-8s %8s %8s %9s %8s %6s %6s %6s  %s",
                "scenario",
                "mode",
                "requests",
                "errors",
                "at end",
                "query/s",
                "peak",
                "hit",
                "at end",
                "verdict");
    }

    boolean hasMemcached() {
        return memcached.isPresent();
    }

    /** Not if somebody gave it to us: there may be something in it. */
    boolean mayFlush() {
        return redis.source().kind() != ServerSource.Kind.ENVIRONMENT;
    }

    // ---- scenarios

    /** So many entries, loaded at the same time, end at the same time. */
    Outcome expiry(Mode mode, int entries) {
        try (KneeDatabase database = database()) {
            return new Run(entries + " expire together", mode, database, database::query)
                    .load(1_500, new Zipf(entries, 1)::next)
                    .preloaded(keys(entries))
                    .endingAtFault()
                    .seconds(FAULT + 6)
                    .go();
        }
    }

    /** One key that everybody asks for, and whose row takes ten times as long as others, ends. */
    Outcome hotKey(Mode mode) {
        try (KneeDatabase database = database()) {
            return new Run("a hot key expires", mode, database, key -> database.query(key, 10))
                    .load(1_000, () -> Zipf.key(0))
                    .preloaded(keys(1))
                    .endingAtFault()
                    .seconds(FAULT + 3)
                    .go();
        }
    }

    /** Redis loses everything. */
    Outcome flush(Mode mode) {
        try (KneeDatabase database = database()) {
            return new Run("L2 is flushed", mode, database, database::query)
                    .load(1_500, new Zipf(10_000, 2)::next)
                    .preloaded(keys(10_000))
                    .happening(FAULT, this::flushAll)
                    .seconds(FAULT + 7)
                    .go();
        }
    }

    /** The database takes ten times as long for a while; a third of its capacity is in use. */
    Outcome slowDatabase(Mode mode) {
        try (KneeDatabase database = database()) {
            return new Run("database 10x slower for " + SLOW_SECONDS + " s", mode, database, database::query)
                    .ttl(Duration.ofSeconds(4))
                    .load(1_500, new Zipf(1_500, 3)::next)
                    .preloaded(keys(1_500))
                    .happening(FAULT, () -> database.slowDown(10))
                    .happening(FAULT + SLOW_SECONDS, () -> database.slowDown(1))
                    .seconds(FAULT + SLOW_SECONDS + 4)
                    .go();
        }
    }

    private static KneeDatabase database() {
        return new KneeDatabase(CORES, QUERY, CONNECTIONS);
    }

    private static List<String> keys(int count) {
        return IntStream.range(0, count).mapToObj(Zipf::key).toList();
    }

    private void flushAll() {
        try (StatefulRedisClusterConnection<String, String> connection = admin.connect()) {
            String unused = connection.sync().flushall();
        }
    }

    /** One scenario in one mode. */
    private final class Run {
        private static final int CHUNK = 500;
        /** The last seconds, in which all should be well. */
        private static final int AT_END = 2;

        private final String scenario;
        private final Mode mode;
        private final KneeDatabase database;
        private final Source source;
        private final List<Happening> happenings = new ArrayList<>();
        private final String name = "stampede" + runs++;
        private Duration ttl = LONG;
        private int perSecond;
        private Supplier<String> keys = () -> "";
        private List<String> preloaded = List.of();
        private boolean endingAtFault;
        private int seconds;

        Run(String scenario, Mode mode, KneeDatabase database, Source source) {
            this.scenario = scenario;
            this.mode = mode;
            this.database = database;
            this.source = source;
        }

        Run ttl(Duration ttl) {
            this.ttl = ttl;
            return this;
        }

        Run load(int perSecond, Supplier<String> keys) {
            this.perSecond = perSecond;
            this.keys = keys;
            return this;
        }

        Run preloaded(List<String> keys) {
            this.preloaded = keys;
            return this;
        }

        Run endingAtFault() {
            this.endingAtFault = true;
            return this;
        }

        Run happening(int second, Runnable what) {
            happenings.add(new Happening(second, what));
            return this;
        }

        Run seconds(int seconds) {
            this.seconds = seconds;
            return this;
        }

        Outcome go() {
            List<Client> clients = new ArrayList<>();
            try {
                for (int i = 0; i < INSTANCES; i++) {
                    clients.add(client());
                }
                long begin = preload(clients);
                Timeline timeline =
                        new OpenLoad(perSecond, DEADLINE, keys).run(clients, database, begin, seconds, happenings);
                Outcome outcome = new Outcome(
                        scenario, mode, timeline, FAULT, seconds - AT_END, database.peak(), database.refused());
                System.out.printf("%n%s, %s%n%s", scenario, mode, timeline.picture(FAULT));
                System.out.println(heading() + System.lineSeparator() + outcome.row());
                outcomes.add(outcome);
                return outcome;
            } finally {
                clients.forEach(Client::close);
            }
        }

        private Client client() {
            return mode == Mode.NAIVE
                    ? new NaiveClient("redis://127.0.0.1:" + redis.node(0).port(), name + ":", ttl, source)
                    : new TieredClient(
                            name,
                            redis.uri(),
                            address(),
                            mode == Mode.STALE ? Policies.stale(ttl) : Policies.limited(ttl),
                            source);
        }

        private @Nullable String address() {
            return mode == Mode.L3
                    ? memcached
                            .orElseThrow(() -> new IllegalStateException(Memcached.howToGetIt()))
                            .address()
                    : null;
        }

        /** Stores the rows, and has every client warm. Returns when the load may begin. */
        private long preload(List<Client> clients) {
            List<String> some = preloaded.subList(0, Math.min(CHUNK, preloaded.size()));
            boolean unused = store(clients.get(0), some, LONG);
            clients.forEach(client -> warm(client, some));
            long before = System.nanoTime();
            unused = store(clients.get(0), some, LONG);
            // The rest takes as long as these did, and a busy machine some more.
            long rest = 2 * (System.nanoTime() - before) * (preloaded.size() / some.size());
            long begin = System.nanoTime() + rest + Duration.ofMillis(500).toNanos();
            long end = begin + Duration.ofSeconds(FAULT).toNanos();
            for (int round = 0; !storeAll(clients.get(0), end); round++) {
                if (endingAtFault || round == 5) {
                    break; // there is no time for another, or no hope
                }
            }
            if (endingAtFault && System.nanoTime() - begin > 0) {
                throw new IllegalStateException("too slow to store " + preloaded.size() + " entries in time");
            }
            return endingAtFault ? begin : System.nanoTime();
        }

        private boolean storeAll(Client client, long end) {
            boolean everywhere = true;
            for (int from = 0; from < preloaded.size(); from += CHUNK) {
                Duration life = endingAtFault ? Duration.ofNanos(end - System.nanoTime()) : ttl;
                everywhere &= store(client, preloaded.subList(from, Math.min(from + CHUNK, preloaded.size())), life);
            }
            return everywhere;
        }

        private void warm(Client client, List<String> rows) {
            try {
                for (int round = 0; round < 500 / rows.size() + 1; round++) {
                    for (String key : rows) {
                        String unused = client.get(key, System.nanoTime() + DEADLINE.toNanos());
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException("it fails before anything is wrong", e);
            }
        }

        /** Whether every tier took everything. */
        private boolean store(Client client, List<String> rows, Duration life) {
            if (client instanceof TieredClient tiered) {
                return tiered.preload(rows, life);
            }
            if (client instanceof NaiveClient naive) {
                naive.preload(rows, life);
            }
            return true;
        }
    }

    @Override
    public void close() {
        admin.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        redis.close();
        memcached.ifPresent(Memcached::close);
    }
}
