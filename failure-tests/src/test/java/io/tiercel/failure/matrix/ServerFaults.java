package io.tiercel.failure.matrix;

import io.lettuce.core.KillArgs;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.SlotHash;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.RedisNode;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** What can happen to the servers. */
final class ServerFaults {
    private static final String SECRET = "rotated-7f3a";

    private ServerFaults() {}

    /** SIGKILL of a primary; its replica takes over. */
    static Fault killPrimary() {
        AtomicReference<RedisNode> victim = new AtomicReference<>();
        return Fault.of(
                arena -> {
                    victim.set(arena.backends().anyPrimary());
                    victim.get().kill();
                },
                arena -> arena.backends().awaitFailover(victim.get()),
                arena -> {
                    victim.get().restart();
                    arena.backends().awaitReady();
                });
    }

    /** SIGSTOP of a primary, too short for a failover. */
    static Fault pausePrimary() {
        AtomicReference<RedisNode> victim = new AtomicReference<>();
        return Fault.of(
                arena -> {
                    victim.set(arena.backends().anyPrimary());
                    victim.get().pause();
                },
                arena -> victim.get().resume(),
                arena -> arena.backends().awaitReady());
    }

    /** SIGSTOP of a primary until its replica has taken over; then it wakes up and learns of it. */
    static Fault pausePrimaryPastFailover() {
        AtomicReference<RedisNode> victim = new AtomicReference<>();
        return Fault.of(
                arena -> {
                    victim.set(arena.backends().anyPrimary());
                    victim.get().pause();
                },
                arena -> {
                    arena.backends().awaitFailover(victim.get());
                    victim.get().resume();
                },
                arena -> arena.backends().awaitReady());
    }

    static Fault pauseAll() {
        return Fault.of(arena -> arena.backends().redis().nodes().forEach(RedisNode::pause), arena -> {
            arena.backends().redis().nodes().forEach(RedisNode::resume);
            arena.backends().awaitReady();
        });
    }

    static Fault killAll() {
        return Fault.of(arena -> arena.backends().redis().nodes().forEach(RedisNode::kill), arena -> {
            arena.backends().redis().nodes().forEach(RedisNode::restart);
            arena.backends().awaitReady();
        });
    }

    /**
     * The replica is cut off, the primary acknowledges writes that nobody else has, and dies.
     */
    static Fault losingFailover() {
        AtomicReference<RedisNode> victim = new AtomicReference<>();
        List<String> onlyThere = new CopyOnWriteArrayList<>();
        return Fault.of(
                arena -> {
                    Backends backends = arena.backends();
                    RedisNode primary = backends.anyPrimary();
                    BitSet slots = backends.primaries().get(primary);
                    RedisNode replica = backends.replicaOf(primary);
                    victim.set(primary);
                    replica.pause();
                    backends.ask(primary, redis -> redis.clientKill(KillArgs.Builder.typeSlave()));
                    IntStream.range(0, 60)
                            .mapToObj(i -> "lost" + i)
                            .filter(key -> slots.get(SlotHash.getSlot(arena.name() + ":" + key)))
                            .forEach(key -> {
                                var unused = arena.writer().put(key, key);
                                onlyThere.add(key);
                            });
                    Thread.sleep(500); // in which the load writes
                    primary.kill();
                    replica.resume();
                },
                arena -> {
                    Backends backends = arena.backends();
                    backends.awaitFailover(victim.get());
                    RedisNode now = backends.primary(SlotHash.getSlot(arena.name() + ":" + onlyThere.get(0)));
                    long lost = onlyThere.stream()
                            .filter(key -> backends.ask(now, redis -> redis.exists(arena.name() + ":" + key)) == 0)
                            .count();
                    arena.remark(lost + " of " + onlyThere.size() + " writes that nobody repeated were lost");
                },
                arena -> {
                    victim.get().restart();
                    arena.backends().awaitReady();
                });
    }

    /** Slots of written keys move to another primary, keys and all, while they are used. */
    static Fault resharding() {
        return Fault.of(
                arena -> {
                    List<Integer> slots = IntStream.range(Truth.HOT, Truth.HOT + Truth.SHARED)
                            .mapToObj(key -> SlotHash.getSlot(arena.name() + ":" + Truth.name(key)))
                            .distinct()
                            .toList();
                    slots.forEach(slot -> move(arena.backends(), slot));
                    arena.remark(slots.size() + " slots moved");
                },
                arena -> {},
                arena -> arena.backends().awaitReady());
    }

    private static void move(Backends backends, int slot) {
        RedisNode from = backends.primary(slot);
        RedisNode to = backends.primaries().keySet().stream()
                .filter(node -> !node.equals(from))
                .findFirst()
                .orElseThrow();
        backends.ask(to, redis -> redis.clusterSetSlotImporting(slot, from.nodeId()));
        backends.ask(from, redis -> {
            redis.clusterSetSlotMigrating(slot, to.nodeId());
            for (List<String> keys = redis.clusterGetKeysInSlot(slot, 100);
                    !keys.isEmpty();
                    keys = redis.clusterGetKeysInSlot(slot, 100)) {
                redis.migrate(Backends.LOOPBACK, to.directPort(), 0, 2_000, MigrateArgs.Builder.keys(keys));
            }
            return "";
        });
        for (RedisNode node : List.of(to, from)) {
            backends.ask(node, redis -> redis.clusterSetSlotNode(slot, to.nodeId()));
        }
    }

    /** A script that does not end, on one primary: it answers BUSY. */
    static Fault busy() {
        AtomicReference<RedisNode> victim = new AtomicReference<>();
        return Fault.of(
                arena -> {
                    RedisNode node = arena.backends().anyPrimary();
                    victim.set(node);
                    arena.backends().ask(node, redis -> redis.configSet("lua-time-limit", "20"));
                    Thread thread = new Thread(() -> runForEver(arena.backends(), node), "busy-script");
                    thread.setDaemon(true);
                    thread.start();
                },
                arena -> {
                    String killed = Backends.insist(() -> arena.backends().ask(victim.get(), r -> r.scriptKill()));
                    arena.remark("SCRIPT KILL: " + killed);
                },
                arena -> {
                    arena.backends().ask(victim.get(), redis -> redis.configSet("lua-time-limit", "5000"));
                    arena.backends().awaitReady();
                });
    }

    private static void runForEver(Backends backends, RedisNode node) {
        try {
            backends.ask(node, redis -> redis.<Object>eval("while true do end", ScriptOutputType.STATUS));
        } catch (RedisException e) {
            // That is how it ends: our time is up, or it was killed.
        }
    }

    /** No room, and nothing may be evicted. */
    static Fault outOfMemory() {
        return Fault.of(
                arena -> arena.backends().askAll(redis -> {
                    redis.configSet("maxmemory-policy", "noeviction");
                    return redis.configSet("maxmemory", "1");
                }),
                arena -> arena.backends().askAll(redis -> redis.configSet("maxmemory", "0")));
    }

    /** Another password from now on, and everybody has to say it anew. */
    static Fault passwordRotated() {
        return Fault.of(
                arena -> {
                    arena.backends().askAll(redis -> {
                        redis.configSet("masterauth", SECRET);
                        redis.configSet("requirepass", SECRET);
                        return redis.clientKill(KillArgs.Builder.typeNormal());
                    });
                    arena.backends().password(SECRET);
                },
                arena -> {
                    arena.backends().askAll(redis -> {
                        redis.configSet("masterauth", "");
                        return redis.configSet("requirepass", "");
                    });
                    arena.backends().password(null);
                },
                arena -> arena.backends().awaitReady());
    }

    static Fault killMemcached() {
        return Fault.of(
                arena -> arena.backends().memcached().kill(),
                arena -> arena.backends().memcached().restart());
    }

    static Fault pauseMemcached() {
        return Fault.of(
                arena -> arena.backends().memcached().pause(),
                arena -> arena.backends().memcached().resume());
    }

    /** Empty, and its connections gone. */
    static Fault restartMemcached() {
        return Fault.of(
                arena -> {
                    FaultableServer memcached = arena.backends().memcached();
                    memcached.kill();
                    memcached.restart();
                },
                arena -> {});
    }

    /** Something that no application should do to its own cache, but an operator does: everything is gone. */
    static Fault flushAll() {
        return Fault.of(
                arena -> arena.backends()
                        .primaries()
                        .keySet()
                        .forEach(node -> arena.backends().ask(node, redis -> redis.flushall())),
                arena -> {});
    }
}
