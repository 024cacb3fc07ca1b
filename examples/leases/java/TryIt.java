import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import redis.clients.jedis.RedisClient;

/** Twelve readers of one cold key, each with a client of its own: one of them loads. */
final class TryIt {
    private static final int READERS = 12;

    private TryIt() {}

    public static void main(String[] arguments) throws Exception {
        String key = "leases:java:" + UUID.randomUUID();
        AtomicInteger loads = new AtomicInteger();
        Callable<byte[]> loader = () -> {
            loads.incrementAndGet();
            Thread.sleep(300);
            return "a row".getBytes(UTF_8);
        };
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        List<Future<byte[]>> values = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            values.add(readers.submit(() -> {
                try (RedisClient cache = RedisClient.create(arguments[0], Integer.parseInt(arguments[1]))) {
                    return Leases.get(cache, key, loader, 60_000);
                }
            }));
        }
        int right = 0;
        for (Future<byte[]> value : values) {
            right += new String(value.get(), UTF_8).equals("a row") ? 1 : 0;
        }
        readers.shutdown();
        System.out.println("java: " + right + " of " + READERS + " readers got the value, " + loads + " load(s)");
        System.exit(right == READERS && loads.get() == 1 ? 0 : 1);
    }
}
