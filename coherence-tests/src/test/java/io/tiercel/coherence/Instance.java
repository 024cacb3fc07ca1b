package io.tiercel.coherence;

import io.tiercel.cache.TieredCache;
import io.tiercel.coherence.Event.Op;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A cache with clients of its own, and threads that use it. In a JVM of its own, {@link #main} obeys standard input. */
final class Instance implements Member {
    private final Settings settings;
    private final TieredCache<String, String> cache;
    private final EventLog log;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> running = new ArrayList<>();
    private volatile boolean working;

    Instance(Settings settings) throws IOException {
        this.settings = settings;
        this.log = new EventLog(settings.log());
        this.cache = Caches.open(settings);
    }

    @Override
    public void start() throws IOException {
        working = true;
        for (int i = 0; i < settings.threads(); i++) {
            Worker worker = new Worker(settings, i, cache, log);
            running.add(threads.submit(() -> {
                try (worker) {
                    while (working) {
                        worker.step();
                    }
                }
                return null;
            }));
        }
    }

    @Override
    public void rest() throws Exception {
        working = false;
        for (Future<?> one : running) {
            one.get();
        }
        running.clear();
    }

    @Override
    public void look() throws IOException {
        try (Worker worker = new Worker(settings, settings.threads(), cache, log)) {
            for (int key = 0; key < settings.keys(); key++) {
                worker.getIfPresent(Op.FINAL_LOOK, key);
            }
        }
    }

    @Override
    public void get() throws IOException {
        try (Worker worker = new Worker(settings, settings.threads(), cache, log)) {
            for (int key = 0; key < settings.keys(); key++) {
                worker.get(Op.FINAL_GET, key);
            }
        }
    }

    @Override
    public Tally tally() {
        return Tally.of(cache.stats());
    }

    @Override
    public void close() throws IOException {
        working = false;
        cache.close();
        threads.shutdown();
        log.close();
    }

    public static void main(String[] words) throws Exception {
        try (Instance instance = new Instance(Settings.of(List.of(words)));
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            System.out.println("ready");
            for (String line = in.readLine(); line != null && !line.equals("close"); line = in.readLine()) {
                System.out.println(instance.obey(line));
            }
        }
        System.out.println("closed");
        System.exit(0);
    }

    private String obey(String command) throws Exception {
        switch (command) {
            case "start" -> start();
            case "rest" -> rest();
            case "look" -> look();
            case "get" -> get();
            case "tally" -> {
                return tally().line();
            }
            case "clock" -> {
                return Long.toString(System.nanoTime());
            }
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
        return "done";
    }
}
