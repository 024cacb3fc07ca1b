package io.tiercel.cache.tier.redis;

import io.lettuce.core.KillArgs;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Somebody at the console of one server. */
final class RedisConsole implements AutoCloseable {
    private static final Pattern BUS_CLIENT = Pattern.compile("^id=(\\d+) .*flags=\\S*B", Pattern.MULTILINE);

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final int port;

    RedisConsole(int port) {
        this.port = port;
        client = RedisClient.create(RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withTimeout(Duration.ofSeconds(20))
                .build());
        connection = client.connect();
    }

    RedisCommands<String, String> commands() {
        return connection.sync();
    }

    int port() {
        return port;
    }

    /** The ids of connections that listen for changes. */
    List<Long> listeners() {
        List<Long> ids = new ArrayList<>();
        Matcher matcher = BUS_CLIENT.matcher(commands().clientList());
        while (matcher.find()) {
            ids.add(Long.parseLong(matcher.group(1)));
        }
        return ids;
    }

    int killListeners() {
        List<Long> ids = listeners();
        ids.forEach(id -> commands().clientKill(KillArgs.Builder.id(id)));
        return ids.size();
    }

    /** How many commands were sent to another node. */
    String redirections() {
        return commands()
                .info("errorstats")
                .lines()
                .filter(line -> line.startsWith("errorstat_MOVED"))
                .findFirst()
                .orElse("none");
    }

    /** The port of each section's owner, 0 for those of several. */
    int[] sectionOwners() {
        int[] ownerOfSlot = new int[Slots.COUNT];
        for (Object range : commands().clusterSlots()) {
            List<?> parts = (List<?>) range;
            int owner = ((Number) ((List<?>) parts.get(2)).get(1)).intValue();
            for (long slot = (Long) parts.get(0); slot <= (Long) parts.get(1); slot++) {
                ownerOfSlot[(int) slot] = owner;
            }
        }
        return IntStream.range(0, Slots.SECTIONS)
                .map(section -> {
                    int[] owners = IntStream.range(section * Slots.PER_SECTION, (section + 1) * Slots.PER_SECTION)
                            .map(slot -> ownerOfSlot[slot])
                            .distinct()
                            .toArray();
                    return owners.length == 1 ? owners[0] : 0;
                })
                .toArray();
    }

    /** Moves a slot with its keys from one node to another as {@code redis-cli --cluster reshard} does. */
    static void moveSlot(int slot, RedisConsole from, RedisConsole to) {
        String source = from.commands().clusterMyId();
        String target = to.commands().clusterMyId();
        to.commands().clusterSetSlotImporting(slot, source);
        from.commands().clusterSetSlotMigrating(slot, target);
        List<String> keys = from.commands().clusterGetKeysInSlot(slot, 1_000);
        if (!keys.isEmpty()) {
            from.commands().migrate("127.0.0.1", to.port, 0, 5_000, MigrateArgs.Builder.keys(keys));
        }
        to.commands().clusterSetSlotNode(slot, target);
        from.commands().clusterSetSlotNode(slot, target);
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
}
