package io.tiercel.coherence;

import io.lettuce.core.api.sync.RedisCommands;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.RedisNode;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;

/** What can happen to servers. */
final class ServerFaults {
    private ServerFaults() {}

    private record Victim(RedisNode node, BitSet slots) {
        static Victim of(Arena arena) {
            Map<RedisNode, BitSet> primaries = arena.backends().primaries();
            RedisNode node = arena.any(arena.backends().nodes().stream()
                    .filter(primaries::containsKey)
                    .toList());
            return new Victim(node, primaries.get(node));
        }
    }

    /** SIGKILL; its replica takes over; it comes back as a replica. */
    static Nemesis killPrimary() {
        return Nemesis.of("kill -9 of a primary, failover", arena -> {
            Victim victim = Victim.of(arena);
            arena.faults().during("primary killed", () -> {
                victim.node().kill();
                arena.faults().mayLoseBefore(victim.slots(), System.nanoTime());
                arena.backends().awaitFailover(victim.node(), victim.slots());
                victim.node().restart();
                arena.backends().awaitReady();
            });
        });
    }

    /** Too short for a failover. */
    static Nemesis pausePrimary(Duration time) {
        return Nemesis.of("SIGSTOP of a primary " + time.toMillis() + " ms", arena -> {
            Victim victim = Victim.of(arena);
            arena.faults().during("primary paused", () -> pause(victim.node(), time));
        });
    }

    /** It wakes up as a primary that no longer is one, and for a moment does not know. */
    static Nemesis pausePrimaryPastFailover(Duration time) {
        return Nemesis.of("SIGSTOP of a primary past failover", arena -> {
            Victim victim = Victim.of(arena);
            arena.faults().during("primary paused past failover", () -> {
                arena.faults().mayLoseBefore(victim.slots(), System.nanoTime());
                pause(victim.node(), time);
                long woken = System.nanoTime();
                Backends.await(
                        "its demotion",
                        () -> !arena.backends()
                                .ask(victim.node(), RedisCommands::clusterNodes)
                                .contains("myself,master"));
                arena.faults().mayLose(victim.slots(), woken, System.nanoTime());
                arena.backends().awaitReady();
            });
        });
    }

    static Nemesis flushAll() {
        return Nemesis.of(
                "FLUSHALL on all primaries",
                arena -> arena.faults()
                        .during(
                                "FLUSHALL",
                                () -> arena.backends()
                                        .primaries()
                                        .keySet()
                                        .forEach(node -> arena.backends().ask(node, RedisCommands::flushall))));
    }

    static Nemesis killMemcached() {
        return Nemesis.of("memcached killed, back after 2 s", arena -> {
            FaultableServer memcached = arena.backends().memcached();
            arena.faults().during("memcached killed", () -> {
                memcached.kill();
                Thread.sleep(2_000);
                memcached.restart();
            });
        });
    }

    static Nemesis pauseMemcached(Duration time) {
        return Nemesis.of(
                "SIGSTOP of memcached " + time.toSeconds() + " s",
                arena -> arena.faults()
                        .during("memcached paused", () -> pause(arena.backends().memcached(), time)));
    }

    private static void pause(FaultableServer server, Duration time) throws InterruptedException {
        server.pause();
        try {
            Thread.sleep(time.toMillis());
        } finally {
            server.resume();
        }
    }
}
