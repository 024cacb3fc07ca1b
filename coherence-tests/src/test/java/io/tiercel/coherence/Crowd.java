package io.tiercel.coherence;

import io.tiercel.cache.TieredCache;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * An instance in a JVM of its own whose threads all want the same key at once. The line {@code key millis} makes them get
 * it, with a loader that takes so long; the answer is how many got a value, and after how many milliseconds the last.
 */
final class Crowd {
    private final Settings settings;
    private final TieredCache<String, String> cache;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private Crowd(Settings settings) {
        this.settings = settings;
        this.cache = Caches.open(settings);
    }

    public static void main(String[] words) throws Exception {
        Crowd crowd = new Crowd(Settings.of(List.of(words)));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split(" ", -1);
            System.out.println(crowd.get(Integer.parseInt(parts[0]), Long.parseLong(parts[1])));
        }
        crowd.cache.close();
        System.exit(0);
    }

    private String get(int key, long millis) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        List<Future<String>> all = new ArrayList<>();
        for (int i = 0; i < settings.threads(); i++) {
            all.add(threads.submit(() -> {
                go.await();
                return cache.get(Settings.key(key), k -> load(key, millis));
            }));
        }
        long begin = System.nanoTime();
        go.countDown();
        int served = 0;
        for (Future<String> one : all) {
            served += Row.decode(Settings.key(key), one.get()) == null ? 0 : 1;
        }
        return served + " " + (System.nanoTime() - begin) / 1_000_000;
    }

    private String load(int key, long millis) throws IOException {
        try (DatabaseClient database = new DatabaseClient(settings.database())) {
            int version = database.load(key, millis, settings.instance());
            return new Row(Settings.key(key), version, settings.instance()).encode();
        }
    }
}
