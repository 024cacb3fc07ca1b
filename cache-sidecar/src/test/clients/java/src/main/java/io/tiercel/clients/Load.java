package io.tiercel.clients;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The load of one client: workers that write a number to a key of their own and read it back. Says on standard output when
 * it has connected, begins on a line of standard input, and says at the end in one line of JSON what came of it.
 * {@code drain/load.js} is the same.
 */
final class Load {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long GRACE_SECONDS = 10;

    private interface Command {
        @Nullable
        String run() throws Exception;
    }

    private record Answer(boolean ok, @Nullable String reply) {}

    private final Client client;
    private final LongAdder sent = new LongAdder();
    private final LongAdder ok = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAccumulator longest = new LongAccumulator(Math::max, 0);
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

    private Load(Client client) {
        this.client = client;
    }

    /** Arguments: host, port, a prefix for the keys, seconds, workers, {@code jedis} or {@code lettuce}. */
    public static void main(String[] args) throws Exception {
        boolean jedis = args[5].equals("jedis");
        Load load = new Load(jedis ? new JedisClient() : new LettuceClient());
        String version = jedis ? Steps.version("redis.clients", "jedis") : Steps.version("io.lettuce", "lettuce-core");
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        load.client.connect(args[0], Integer.parseInt(args[1]));
        out.println("READY");
        if (System.in.read() < 0) {
            throw new IOException("nobody says when to begin");
        }
        load.run(args[2], Long.parseLong(args[3]), Integer.parseInt(args[4]));
        out.println(load.json(version));
        // A command without an answer holds its thread.
        Runtime.getRuntime().halt(0);
    }

    private void run(String prefix, long seconds, int workers) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        ExecutorService threads = Executors.newFixedThreadPool(workers);
        for (int i = 0; i < workers; i++) {
            String key = prefix + i;
            threads.execute(() -> work(key, end));
        }
        threads.shutdown();
        if (!threads.awaitTermination(seconds + GRACE_SECONDS, TimeUnit.SECONDS)) {
            errors.computeIfAbsent("no answer", text -> new LongAdder()).add(unanswered());
        }
    }

    private void work(String key, long end) {
        for (int number = 1; System.nanoTime() < end; number++) {
            String value = Integer.toString(number);
            Answer set = ask(() -> {
                client.setEx(key, value, 600);
                return null;
            });
            Answer get = ask(() -> client.get(key));
            // What a failed write has done is open until the next one.
            if (set.ok() && get.ok() && !value.equals(get.reply())) {
                wrong.increment();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private Answer ask(Command command) {
        sent.increment();
        long started = System.nanoTime();
        try {
            String reply = command.run();
            ok.increment();
            return new Answer(true, reply);
        } catch (Exception e) {
            failed.increment();
            errors.computeIfAbsent(describe(e), text -> new LongAdder()).increment();
            return new Answer(false, null);
        } finally {
            longest.accumulate(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
        }
    }

    private static String describe(Exception e) {
        String text = (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("[\\s\"\\\\]+", " ");
        return text.length() <= 150 ? text : text.substring(0, 150);
    }

    private long unanswered() {
        return sent.sum() - ok.sum() - failed.sum();
    }

    private String json(String version) throws IOException {
        String texts = errors.entrySet().stream()
                .map(error -> "\"" + error.getKey() + "\":" + error.getValue())
                .collect(Collectors.joining(","));
        return "{\"version\":\"" + version + "\",\"sent\":" + sent + ",\"ok\":" + ok + ",\"failed\":" + failed
                + ",\"wrong\":" + wrong + ",\"unanswered\":" + unanswered() + ",\"longest_ms\":" + longest
                + ",\"errors\":{" + texts + "}}";
    }
}
