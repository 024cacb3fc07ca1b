import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.Callable;
import redis.clients.jedis.RedisClient;

final class Leases {
    private Leases() {}

    /** The value of key; of all processes that miss it at once, one calls the loader. */
    static byte[] get(RedisClient cache, String key, Callable<byte[]> loader, long ttlMillis) throws Exception {
        byte[] name = key.getBytes(UTF_8);
        while (true) {
            List<?> reply = (List<?>) cache.sendCommand(() -> "CACHE.LEASE".getBytes(UTF_8), name);
            String state = new String((byte[]) reply.get(0), UTF_8);
            if (state.equals("HIT")) {
                return (byte[]) reply.get(1);
            }
            if (state.equals("LEASE")) {
                byte[] token = (byte[]) reply.get(1);
                byte[] value;
                try {
                    value = loader.call();
                } catch (Exception e) {
                    cache.sendCommand(() -> "CACHE.RELEASE".getBytes(UTF_8), name, token);
                    throw e;
                }
                byte[] ttl = Long.toString(ttlMillis).getBytes(UTF_8);
                cache.sendCommand(() -> "CACHE.FILL".getBytes(UTF_8), name, token, value, "PX".getBytes(UTF_8), ttl);
                return value;
            }
            if (reply.get(2) != null) {
                return (byte[]) reply.get(2); // the last value, while somebody loads the next
            }
            Thread.sleep(Math.min((Long) reply.get(1), 25));
        }
    }
}
