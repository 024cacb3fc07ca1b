package io.tiercel.coherence;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import java.time.Duration;

/** Somebody at a console deletes stored keys, and writes over them what is no value of the cache. */
record ForeignWrites(Duration time) implements Nemesis {
    @Override
    public String name() {
        return "foreign DEL and SET";
    }

    @Override
    public void strike(Arena arena) throws Exception {
        RedisClusterClient client = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", arena.backends().nodes().get(0).port()));
        try {
            RedisAdvancedClusterCommands<String, String> redis =
                    client.connect().sync();
            arena.faults().during(name(), () -> {
                long end = System.nanoTime() + time.toNanos();
                while (System.nanoTime() - end < 0) {
                    String key = arena.storedKey(arena.random().nextInt(arena.keys()));
                    if (arena.random().nextBoolean()) {
                        redis.del(key);
                    } else {
                        redis.set(key, "written by hand", SetArgs.Builder.px(60_000));
                    }
                    Thread.sleep(5);
                }
            });
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }
}
