package io.tiercel.coherence;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One history: instances work, a nemesis strikes now and then, all come to rest, everything is looked at once more, and
 * the checker reads the logs.
 *
 * @param nemesis who strikes
 * @param local how many instances share this JVM
 * @param children how many have one of their own
 * @param rounds how often the nemesis strikes
 * @param seconds of work before the first strike and after each
 * @param clocksApart how far the wall clocks of the first two instances differ
 * @param ttl how long an entry is fresh
 * @param remote whether there are remote tiers
 */
record Run(
        Nemesis nemesis,
        int local,
        int children,
        int rounds,
        int seconds,
        Duration clocksApart,
        Duration ttl,
        boolean remote) {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int KEYS = 300;
    private static final int THREADS = 3;

    /** As long and as often as the properties say. */
    static Run of(Nemesis nemesis) {
        int seconds = Integer.getInteger("history.seconds", 4);
        int strikes = Integer.getInteger("history.rounds", 1);
        int rounds = nemesis.equals(Nemeses.NONE) ? strikes - 1 : strikes;
        return new Run(nemesis, 2, 1, rounds, seconds, Duration.ZERO, Caches.TTL, true);
    }

    Run withClocksApart(Duration apart) {
        return new Run(nemesis, local, children, rounds, seconds, apart, ttl, remote);
    }

    Run withoutRemoteTiers() {
        return new Run(nemesis, local, children, rounds, seconds, clocksApart, ttl, false);
    }

    Run withTtl(Duration ttl) {
        return new Run(nemesis, local, children, rounds, seconds, clocksApart, ttl, remote);
    }

    String name() {
        return nemesis.name()
                + (clocksApart.isZero() ? "" : ", clocks " + clocksApart.toMinutes() + " min apart")
                + (ttl.equals(Caches.TTL) ? "" : ", ttl " + ttl.toMillis() + " ms")
                + (remote ? "" : ", no remote tiers");
    }

    Verdict go(Backends backends) throws Exception {
        long seed = Long.getLong("history.seed", System.nanoTime());
        System.out.printf("history: %s, seed %d%n", name(), seed);
        String cache = "h" + NUMBER.incrementAndGet();
        FaultLog faults = new FaultLog();
        long begin = System.nanoTime();
        List<Path> logs = new ArrayList<>();
        List<Member> members = new ArrayList<>();
        try (Database database = new Database(KEYS);
                Hiccups hiccups = new Hiccups()) {
            Tally tally = Tally.NONE;
            try {
                for (int i = 0; i < local + children; i++) {
                    Settings settings = settings(i, cache, backends, database, seed);
                    logs.add(settings.log());
                    members.add(i < local ? new Instance(settings) : new ChildInstance(settings, errors()));
                }
                work(members, new Arena(backends, faults, cache, KEYS, members, new Random(seed)));
                for (Member member : members) {
                    tally = tally.plus(member.tally());
                }
            } finally {
                for (Member member : members) {
                    member.close();
                }
            }
            long stall = hiccups.largestNanos();
            return verdict(new History(cache, read(logs), since(database), faults, begin), seed, tally, stall);
        }
    }

    private void work(List<Member> members, Arena arena) throws Exception {
        for (Member member : members) {
            member.start();
        }
        TimeUnit.SECONDS.sleep(seconds);
        for (int round = 0; round < rounds; round++) {
            nemesis.strike(arena);
            TimeUnit.SECONDS.sleep(seconds);
        }
        for (Member member : members) {
            member.rest();
        }
        sleepUntilHealed(arena.faults());
        for (Member member : members) {
            member.look();
        }
        for (Member member : members) {
            member.get();
        }
    }

    /** The instances have 5 s after the last fault, and the bound after the last write, to agree. */
    private static void sleepUntilHealed(FaultLog faults) throws InterruptedException {
        long wait = FaultLog.Phase.HEALTHY.bound.toNanos();
        for (FaultLog.Fault fault : faults.faults()) {
            wait = Math.max(wait, fault.end() + FaultLog.HEALING.toNanos() - System.nanoTime());
        }
        TimeUnit.NANOSECONDS.sleep(wait);
    }

    private Settings settings(int instance, String cache, Backends backends, Database database, long seed) {
        Duration clockOff = instance == 0 ? Duration.ZERO : instance == 1 ? clocksApart : clocksApart.dividedBy(2);
        return new Settings(
                instance,
                cache,
                remote ? backends.redis().uri() : "",
                remote ? backends.memcached().address() : "",
                database.port(),
                KEYS,
                THREADS,
                seed,
                ttl,
                clockOff,
                target().resolve("history-" + cache + "-" + instance + ".bin"));
    }

    private Verdict verdict(History history, long seed, Tally tally, long stall) {
        long ops = history.events().stream().mapToLong(Event::count).sum();
        long failedWrites = history.events().stream()
                .filter(e -> e.op().isWrite() && e.outcome() == Event.Outcome.FAILED)
                .count();
        return new Verdict(
                name(), seed, history, Checker.check(history), ops, failedWrites, tally, stall, System.nanoTime());
    }

    private static List<Event> read(List<Path> logs) throws Exception {
        List<Event> events = new ArrayList<>();
        for (Path log : logs) {
            events.addAll(EventLog.read(log));
            Files.delete(log);
        }
        return events;
    }

    private static List<long[]> since(Database database) {
        List<long[]> since = new ArrayList<>();
        for (int key = 0; key < database.keys(); key++) {
            since.add(database.since(key));
        }
        return since;
    }

    static Path target() {
        return Path.of(System.getProperty("history.target", "target"));
    }

    private static Path errors() {
        return target().resolve("instances.log");
    }
}
