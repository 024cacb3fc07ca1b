package io.tiercel.coherence;

import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.SlotHash;
import io.tiercel.embedded.RedisNode;
import java.util.List;
import java.util.stream.IntStream;

/** Moves the slots of some of the cache's keys to another primary, keys and all, as {@code redis-cli --cluster reshard}. */
final class Resharding implements Nemesis {
    private static final int SLOTS = 60;
    private static final int MIGRATE_MILLIS = 2_000;

    @Override
    public String name() {
        return "resharding of " + SLOTS + " slots";
    }

    @Override
    public void strike(Arena arena) throws Exception {
        List<Integer> slots = IntStream.generate(() -> arena.random().nextInt(arena.keys()))
                .map(key -> SlotHash.getSlot(arena.storedKey(key)))
                .distinct()
                .limit(SLOTS)
                .boxed()
                .toList();
        arena.faults().during(name(), () -> {
            for (int slot : slots) {
                move(arena, slot);
            }
        });
    }

    private static void move(Arena arena, int slot) {
        Backends backends = arena.backends();
        RedisNode from = backends.primary(slot);
        List<RedisNode> others = backends.primaries().keySet().stream()
                .filter(node -> !node.equals(from))
                .sorted(java.util.Comparator.comparing(RedisNode::nodeId))
                .toList();
        RedisNode to = arena.any(others);
        backends.ask(to, redis -> redis.clusterSetSlotImporting(slot, from.nodeId()));
        backends.ask(from, redis -> {
            redis.clusterSetSlotMigrating(slot, to.nodeId());
            for (List<String> keys = redis.clusterGetKeysInSlot(slot, 100);
                    !keys.isEmpty();
                    keys = redis.clusterGetKeysInSlot(slot, 100)) {
                redis.migrate("127.0.0.1", to.directPort(), 0, MIGRATE_MILLIS, MigrateArgs.Builder.keys(keys));
            }
            return "";
        });
        for (RedisNode node : List.of(to, from)) {
            backends.ask(node, redis -> redis.clusterSetSlotNode(slot, to.nodeId()));
        }
        backends.primaries().keySet().forEach(node -> tell(backends, node, slot, to));
    }

    /** The others learn it by gossip as well. */
    private static void tell(Backends backends, RedisNode node, int slot, RedisNode to) {
        try {
            backends.ask(node, redis -> redis.clusterSetSlotNode(slot, to.nodeId()));
        } catch (RedisException e) {
            // It knows already and says so.
        }
    }
}
