package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A fleet that grows under load, once with pods that warm up before they are ready and once with pods that do not. The
 * test claims little, in little time; the same with {@code -Dwarmup.full=true}, and perhaps {@code -Dwarmup.trace=FILE} of
 * big-endian 32-bit keys, is the measurement of docs/warm-up.md and prints its table.
 */
@Timeout(600)
class WarmUpFleetIT {
    private static final boolean FULL = Boolean.getBoolean("warmup.full");
    private static final String TRACE = System.getProperty("warmup.trace", "");
    private static final int VETERANS = 2;
    private static final int JOINERS = FULL ? 8 : 3;
    private static final int REQUESTS = Integer.getInteger("warmup.requests", FULL ? 1_500 : 1_000);
    private static final int THREADS = 4;
    private static final int BUDGET = Integer.getInteger("warmup.budget", 20_000);
    private static final int ENTRIES = Integer.getInteger("warmup.entries", FULL ? 5_000 : 2_000);
    private static final int VALUE = 400;
    private static final int ZIPF_KEYS = FULL ? 100_000 : 20_000;
    private static final long STEADY_MS = FULL ? 30_000 : 8_000;
    private static final long FIRST_MS = FULL ? 10_000 : 4_000;
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final int[] trace = TRACE.isEmpty() ? zipf() : read(Path.of(TRACE));
    private final AtomicInteger position = new AtomicInteger();

    /** How new pods join. */
    private enum Join {
        /** They serve at once. */
        COLD,
        /** They serve when they say that they are ready. */
        WARM,
        /** They run already, without clients, and are told to warm up: what the start of a process costs is left out. */
        TOLD
    }

    private record Measured(
            Join join,
            double veterans,
            double joiners,
            long readyMillis,
            long keys,
            double keysPerSecond,
            double redisBefore,
            double redisPeak,
            double redisAfter,
            long p99Before,
            long p99During,
            long p99After) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.3f | %.3f | %.1f %% | %d ms | %d | %.0f | %.0f | %.0f | %.0f | %.2f ms | %.2f ms | %.2f ms |",
                    join.name().toLowerCase(Locale.ROOT),
                    veterans,
                    joiners,
                    100 * joiners / veterans,
                    readyMillis,
                    keys,
                    keysPerSecond,
                    redisBefore,
                    redisPeak,
                    redisAfter,
                    p99Before / 1e6,
                    p99During / 1e6,
                    p99After / 1e6);
        }
    }

    @Test
    void pods_that_warm_up_answer_from_memory_as_those_who_were_there_before() throws Exception {
        if (FULL) {
            System.out.println("discarded: " + run(Join.COLD));
        }
        Measured cold = run(Join.COLD);
        Measured warm = run(Join.WARM);
        System.out.printf(
                "%s, %d requests/s over %d and then %d pods, memory for %d entries, %d keys/s for the fleet%n",
                TRACE.isEmpty()
                        ? "zipf .99 of " + ZIPF_KEYS + " keys"
                        : Path.of(TRACE).getFileName(),
                REQUESTS,
                VETERANS,
                VETERANS + JOINERS,
                ENTRIES,
                BUDGET);
        System.out.println("| join | hits of veterans | of joiners | share | ready after | keys read | keys/s of all"
                + " | Redis commands/s before | peak | after | p99 before | during | after |");
        System.out.println(cold);
        System.out.println(warm);
        if (FULL) {
            System.out.println(run(Join.TOLD));
        }

        assertThat(warm.readyMillis()).isLessThan(DEADLINE.toMillis());
        assertThat(warm.keysPerSecond()).isLessThan(BUDGET * 1.1);
        assertThat(warm.joiners()).isGreaterThan(cold.joiners());
        assertThat(warm.joiners() / warm.veterans()).isGreaterThan(0.9);
    }

    private Measured run(Join join) throws Exception {
        position.set(0);
        List<RunningSidecar> all = new CopyOnWriteArrayList<>();
        List<RunningSidecar> serving = new CopyOnWriteArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (RedisServer redis = RedisServer.start();
                RawClient server = RawClient.to(redis.port())) {
            fill(redis);
            for (int i = 0; i < VETERANS; i++) {
                RunningSidecar pod = sidecar(redis, "v" + i, false).awaitRedis();
                all.add(pod);
                serving.add(pod);
            }
            List<RunningSidecar> idle = new ArrayList<>();
            for (int i = 0; join == Join.TOLD && i < JOINERS; i++) {
                idle.add(sidecar(redis, "j" + i, false).awaitRedis());
            }
            all.addAll(idle);
            Load load = new Load(serving);
            try {
                load.start();
                TimeUnit.MILLISECONDS.sleep(STEADY_MS * 2 / 3);
                long beginSteady = System.nanoTime();
                long commands = commands(server);
                TimeUnit.MILLISECONDS.sleep(STEADY_MS / 3);
                long began = System.nanoTime();
                double before = (commands(server) - commands) * 1e9 / (began - beginSteady);
                Peak peak = new Peak(server);
                Future<Double> highest = threads.submit(peak);
                List<RunningSidecar> joiners = joined(join, redis, idle, threads);
                all.removeAll(joiners);
                all.addAll(joiners);
                long ready = System.nanoTime();
                long[] keys = keysRead(joiners);
                serving.addAll(joiners);
                double[] hits = firstHits(List.copyOf(serving));
                peak.stop = true;
                double top = highest.get();
                long from = commands(server);
                long end = System.nanoTime();
                TimeUnit.MILLISECONDS.sleep(2_000);
                double after = (commands(server) - from) * 1e9 / (System.nanoTime() - end);
                load.stop();
                return new Measured(
                        join,
                        hits[0],
                        hits[1],
                        TimeUnit.NANOSECONDS.toMillis(ready - began),
                        keys[0],
                        keys[1] == 0 ? 0 : keys[0] * 1_000.0 / keys[1],
                        before,
                        top,
                        after,
                        load.p99(beginSteady, began),
                        load.p99(began, ready),
                        load.p99(ready, end));
            } finally {
                load.stop();
            }
        } finally {
            threads.shutdownNow();
            all.forEach(RunningSidecar::close);
        }
    }

    /** Pods that may serve now. */
    private List<RunningSidecar> joined(
            Join join, RedisServer redis, List<RunningSidecar> idle, ExecutorService threads) throws Exception {
        List<Future<RunningSidecar>> starting = new ArrayList<>();
        for (int i = 0; i < JOINERS; i++) {
            int number = i;
            starting.add(threads.submit(() -> {
                if (join == Join.TOLD) {
                    // They count as ready, so each is told its share.
                    post(idle.get(number), "/admin/cache/warm-up", "{\"rate\":" + BUDGET / JOINERS + "}");
                    await().atMost(DEADLINE)
                            .pollInterval(Duration.ofMillis(10))
                            .until(() -> !progress(idle.get(number)).contains("running"));
                    return idle.get(number);
                }
                RunningSidecar pod = sidecar(redis, "j" + number, join == Join.WARM);
                await().atMost(DEADLINE.plusSeconds(10))
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> get(pod, false, "/ready").statusCode() == 200);
                return join == Join.COLD ? pod.awaitRedis() : pod;
            }));
        }
        List<RunningSidecar> joined = new ArrayList<>();
        for (Future<RunningSidecar> one : starting) {
            joined.add(one.get());
        }
        return joined;
    }

    private RunningSidecar sidecar(RedisServer redis, String pod, boolean warmUp) throws StartException {
        return RunningSidecar.with(
                "--redis-timeout",
                "10s",
                "--redis",
                redis.uri(),
                "--pod",
                pod,
                "--l1-bytes",
                Integer.toString(Math.max(1 << 20, ENTRIES * (VALUE + 180))),
                "--ttl",
                "10m",
                "--hot-list-period",
                "2s",
                "--warm-up-on-start",
                Boolean.toString(warmUp),
                "--warm-up-rate",
                Integer.toString(BUDGET));
    }

    /** Hits by reads in the first time after joining: of those who were there before, and of the others. */
    private static double[] firstHits(List<RunningSidecar> pods) throws Exception {
        long[][] before = counts(pods);
        TimeUnit.MILLISECONDS.sleep(FIRST_MS);
        long[][] after = counts(pods);
        double[] ratios = new double[2];
        for (int group = 0; group < 2; group++) {
            long hits = 0;
            long reads = 0;
            for (int i = group == 0 ? 0 : VETERANS; i < (group == 0 ? VETERANS : pods.size()); i++) {
                hits += after[i][0] - before[i][0];
                reads += after[i][1] - before[i][1];
            }
            ratios[group] = reads == 0 ? 0 : (double) hits / reads;
        }
        return ratios;
    }

    private static long[][] counts(List<RunningSidecar> pods) throws IOException {
        long[][] counts = new long[pods.size()][];
        for (int i = 0; i < counts.length; i++) {
            try (RawClient client = pods.get(i).client()) {
                long hits = RunningSidecar.figure(client, "l1_hits");
                counts[i] = new long[] {hits, hits + RunningSidecar.figure(client, "l2_hits")};
            }
        }
        return counts;
    }

    /** Keys that all have read, and the longest time that one took. */
    private long[] keysRead(List<RunningSidecar> pods) throws Exception {
        long keys = 0;
        long millis = 0;
        for (RunningSidecar pod : pods) {
            String progress = progress(pod);
            keys += number(progress, "read");
            millis = Math.max(millis, number(progress, "elapsed_ms"));
        }
        return new long[] {keys, millis};
    }

    private static long number(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private String progress(RunningSidecar pod) throws Exception {
        return get(pod, true, "/admin/cache/warm-up").body();
    }

    private HttpResponse<String> get(RunningSidecar pod, boolean admin, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(uri(pod, admin, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private void post(RunningSidecar pod, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(pod, true, path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(202);
    }

    private static URI uri(RunningSidecar pod, boolean admin, String path) {
        return URI.create("http://127.0.0.1:" + pod.httpPort(admin) + path);
    }

    private static long commands(RawClient server) throws IOException {
        Matcher matcher = Pattern.compile("total_commands_processed:(\\d+)").matcher(server.ask("INFO", "stats"));
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    /** The most commands that Redis did in half a second, by the second. */
    private static final class Peak implements java.util.concurrent.Callable<Double> {
        private final RawClient server;
        private volatile boolean stop;

        Peak(RawClient server) {
            this.server = server;
        }

        @Override
        public Double call() throws Exception {
            double most = 0;
            long last = commands(server);
            long at = System.nanoTime();
            while (!stop) {
                TimeUnit.MILLISECONDS.sleep(500);
                long now = System.nanoTime();
                long commands = commands(server);
                most = Math.max(most, (commands - last) * 1e9 / (now - at));
                last = commands;
                at = now;
            }
            return most;
        }
    }

    // ---- keys

    private void fill(RedisServer redis) throws IOException {
        String value = "v".repeat(VALUE);
        try (RawClient client = RawClient.to(redis.port())) {
            int[] keys = Arrays.stream(trace).distinct().toArray();
            for (int from = 0; from < keys.length; from += 200) {
                List<String> words = new ArrayList<>(List.of("MSET"));
                for (int i = from; i < Math.min(keys.length, from + 200); i++) {
                    words.addAll(List.of("k:" + keys[i], value));
                }
                client.ask(words.toArray(String[]::new));
            }
        }
    }

    private static int[] zipf() {
        double[] sums = new double[ZIPF_KEYS];
        double sum = 0;
        for (int i = 0; i < ZIPF_KEYS; i++) {
            sum += 1 / Math.pow(i + 1, 0.99);
            sums[i] = sum;
        }
        SplittableRandom random = new SplittableRandom(7);
        int[] keys = new int[1 << 20];
        for (int i = 0; i < keys.length; i++) {
            int place = Arrays.binarySearch(sums, random.nextDouble() * sum);
            keys[i] = place < 0 ? -place - 1 : place;
        }
        return keys;
    }

    private static int[] read(Path file) {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            int[] keys = new int[(int) (Files.size(file) / Integer.BYTES)];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = in.readInt();
            }
            return keys;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- load

    /** So many requests a second, each to some pod that serves; their times count from when they were due. */
    private final class Load {
        private final List<RunningSidecar> serving;
        private final List<Thread> threads = new ArrayList<>();
        private final List<List<long[]>> times = new ArrayList<>();
        private final List<Throwable> failures = new CopyOnWriteArrayList<>();
        private volatile boolean stopped;

        Load(List<RunningSidecar> serving) {
            this.serving = serving;
        }

        void start() {
            for (int i = 0; i < THREADS; i++) {
                List<long[]> own = new ArrayList<>();
                times.add(own);
                SplittableRandom random = new SplittableRandom(i);
                Thread thread = new Thread(() -> drive(own, random), "load-" + i);
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
            }
        }

        private void drive(List<long[]> own, SplittableRandom random) {
            long gap = TimeUnit.SECONDS.toNanos(THREADS) / REQUESTS;
            List<Getter> getters = new ArrayList<>();
            try {
                for (long due = System.nanoTime(); !stopped; due += gap) {
                    long wait = due - System.nanoTime();
                    if (wait > 0) {
                        LockSupport.parkNanos(wait);
                    }
                    while (getters.size() < serving.size()) {
                        getters.add(new Getter(serving.get(getters.size()).port()));
                    }
                    int pod = random.nextInt(getters.size());
                    getters.get(pod).get("k:" + trace[position.getAndIncrement() % trace.length]);
                    if (pod < VETERANS) {
                        own.add(new long[] {due, System.nanoTime() - due});
                    }
                }
            } catch (IOException | RuntimeException e) {
                failures.add(e);
            }
        }

        /** After it has stopped: in nanoseconds, of the requests to the first pods that were due in that time. */
        long p99(long from, long to) {
            long[] sorted = times.stream()
                    .flatMap(List::stream)
                    .filter(one -> one[0] - from >= 0 && one[0] - to < 0)
                    .mapToLong(one -> one[1])
                    .sorted()
                    .toArray();
            return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)];
        }

        void stop() throws InterruptedException {
            stopped = true;
            for (Thread thread : threads) {
                thread.join(5_000);
            }
            assertThat(failures).isEmpty();
        }
    }

    /** A client that is quick enough not to be what is measured. */
    private static final class Getter {
        private final Socket socket;
        private final InputStream in;

        Getter(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream(), 8 << 10);
        }

        void get(String key) throws IOException {
            socket.getOutputStream()
                    .write(("*2\r\n$3\r\nGET\r\n$" + key.length() + "\r\n" + key + "\r\n").getBytes(US_ASCII));
            int type = in.read();
            int length = 0;
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new EOFException();
                }
                length = b == '\r' ? length : length * 10 + b - '0';
            }
            if (type != '$') {
                throw new IOException("no value: " + (char) type);
            }
            in.skipNBytes(length + 2L);
        }
    }
}
