import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.Callable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.RedisClient;

final class Leases {
    private Leases() {}

    /** The value of key; of all processes that miss it at once, one calls the loader. */
    static byte[] get(RedisClient cache, String key, Callable<byte[]> loader, long ttlMillis) throws Exception {
        byte[] value = cache.get(key.getBytes(UTF_8)); // L1, for what is read often
        while (value == null) {
            List<?> reply = (List<?>) send(cache, "CACHE.LEASE", key);
            String state = new String((byte[]) reply.get(0), UTF_8);
            if (state.equals("HIT")) {
                value = (byte[]) reply.get(1);
            } else if (state.equals("LEASE")) {
                try {
                    value = loader.call();
                } catch (Exception e) {
                    send(cache, "CACHE.RELEASE", key, reply.get(1));
                    throw e;
                }
                send(cache, "CACHE.FILL", key, reply.get(1), value, "PX", ttlMillis);
            } else if (reply.get(2) != null) {
                value = (byte[]) reply.get(2); // the last value, while somebody loads the next
            } else {
                Thread.sleep(Math.min((Long) reply.get(1), 25));
            }
        }
        return value;
    }

    private static Object send(RedisClient cache, String command, Object... arguments) {
        return cache.executeCommand(new CommandArguments(() -> command.getBytes(UTF_8)).addObjects(arguments));
    }
}
