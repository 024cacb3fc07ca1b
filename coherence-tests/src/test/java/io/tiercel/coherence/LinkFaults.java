package io.tiercel.coherence;

import io.lettuce.core.KillArgs;
import io.tiercel.embedded.Faults;
import io.tiercel.embedded.Faults.Direction;
import io.tiercel.embedded.RedisNode;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** What can happen to connections while the servers are well. */
final class LinkFaults {
    private LinkFaults() {}

    static Nemesis clientKill() {
        return Nemesis.of(
                "CLIENT KILL on all nodes",
                arena -> arena.faults().during("CLIENT KILL", () -> {
                    for (RedisNode node : arena.backends().nodes()) {
                        arena.backends().ask(node, redis -> redis.clientKill(KillArgs.Builder.typeNormal()));
                    }
                }));
    }

    static Nemesis reset() {
        return Nemesis.of(
                "all links reset",
                arena -> arena.faults()
                        .during(
                                "reset",
                                () -> arena.backends()
                                        .nodes()
                                        .forEach(node -> node.proxy().all().reset())));
    }

    static Nemesis freezeOneInstance(Duration time) {
        return oneInstance("links of one instance frozen", time, Faults::freeze);
    }

    /** What it sends arrives, what it is told does not. */
    static Nemesis halfOpenToInstance(Duration time) {
        return oneInstance("links half-open, instance hears nothing", time, f -> f.freeze(Direction.TO_CLIENT));
    }

    static Nemesis halfOpenToServers(Duration time) {
        return oneInstance("links half-open, instance is not heard", time, f -> f.freeze(Direction.TO_SERVER));
    }

    static Nemesis slow(Duration delay, Duration time) {
        return oneInstance(
                "links of one instance " + delay.toMillis() + " ms slower",
                time,
                f -> f.delay(Direction.TO_CLIENT, delay));
    }

    /** All instances lose one node. */
    static Nemesis freezeOneNode(Duration time) {
        return Nemesis.of("links to one primary frozen", arena -> {
            RedisNode node = arena.any(List.copyOf(arena.backends().primaries().keySet()));
            hold(
                    arena,
                    "links to one primary frozen",
                    time,
                    List.of(node.proxy().all()),
                    Faults::freeze);
        });
    }

    private static Nemesis oneInstance(String name, Duration time, Consumer<Faults> fault) {
        return Nemesis.of(name, arena -> {
            String client = "instance" + arena.random().nextInt(arena.members().size());
            List<Faults> links = arena.backends().nodes().stream()
                    .map(node -> node.proxy().client(client))
                    .toList();
            hold(arena, name, time, links, fault);
        });
    }

    private static void hold(Arena arena, String name, Duration time, List<Faults> links, Consumer<Faults> fault)
            throws Exception {
        arena.faults().during(name, () -> {
            try {
                links.forEach(fault);
                Thread.sleep(time.toMillis());
            } finally {
                links.forEach(Faults::pass);
            }
        });
    }
}
