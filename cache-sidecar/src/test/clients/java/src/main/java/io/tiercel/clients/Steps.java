package io.tiercel.clients;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The steps of {@code node/steps.js} for clients in Java. Says on standard output what passed and what failed, a line each,
 * and asks there for the connections to be cut, which a line on standard input confirms.
 */
final class Steps {
    private static final int KEYS = 500;
    private static final Duration RECONNECT = Duration.ofSeconds(10);

    /** A step's work: returns a remark, empty for none. */
    interface Body {
        String run(String prefix) throws Exception;
    }

    private interface Check {
        void run() throws Exception;
    }

    private final Client client;
    private final String prefix;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    private Steps(Client client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    /** Runs a client's program, whose arguments are host, port and a prefix for its keys. */
    static void main(String[] args, String groupId, String artifactId, Client client) throws IOException {
        Steps steps = new Steps(client, args[2]);
        steps.out.println("VERSION\t" + version(groupId, artifactId));
        steps.run(args[0], Integer.parseInt(args[1]));
        // A client that failed to close may leave threads behind; its steps have been told all the same.
        Runtime.getRuntime().halt(0);
    }

    static String version(String groupId, String artifactId) throws IOException {
        String name = "/META-INF/maven/" + groupId + "/" + artifactId + "/pom.properties";
        try (InputStream in = Steps.class.getResourceAsStream(name)) {
            if (in == null) {
                return "?";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "?");
        }
    }

    private void run(String host, int port) {
        List<String> keys =
                IntStream.range(0, KEYS).mapToObj(i -> prefix + "many:" + i).toList();
        List<String> values =
                IntStream.range(0, KEYS).mapToObj(i -> "value " + i).toList();
        String text = prefix + "text";
        String counter = prefix + "counter";
        String bytes = prefix + "bytes";
        String large = prefix + "large";
        String missing = prefix + "missing";
        List<String> sameSlot = List.of("{" + prefix + "t}a", "{" + prefix + "t}n");
        List<String> otherSlots = List.of(prefix + "other-a", prefix + "other-n");

        step("connect", () -> client.connect(host, port));
        step("set ex", () -> client.setEx(text, "grüße", 100));
        step("get", () -> {
            same("grüße", client.get(text));
            same(null, client.get(missing));
        });
        step("pipeline", () -> {
            client.pipelineSet(keys, values);
            same(values, client.pipelineGet(keys));
        });
        step("mget", () -> same(plusMissing(values), client.mget(plus(keys, missing))));
        step("multi", () -> same(List.of(1L, "v"), client.multi(sameSlot.get(0), sameSlot.get(1), "v")));
        step("multi, slots", () -> same(List.of(1L, "v"), client.multi(otherSlots.get(0), otherSlots.get(1), "v")));
        step("ttl", () -> {
            within(50, 100, client.ttl(text));
            within(50_000, 100_000, client.pttl(text));
            same(-1L, client.ttl(keys.get(0)));
            same(-2L, client.pttl(missing));
        });
        step("incr", () -> {
            same(1L, client.incr(counter));
            same(2L, client.incr(counter));
            same("2", client.get(counter));
        });
        step("binary", () -> {
            byte[] all = everyByte();
            client.setBytes(bytes, all);
            if (!Arrays.equals(all, client.getBytes(bytes))) {
                throw new IOException("other bytes came back");
            }
        });
        step("100 KB", () -> {
            String value = "abcdefghij".repeat(10_240);
            client.setEx(large, value, 100);
            if (!value.equals(client.get(large))) {
                throw new IOException("another value came back");
            }
        });
        List<String> written = new ArrayList<>(keys);
        written.addAll(List.of(text, counter, bytes, large));
        written.addAll(otherSlots);
        step("scan", () -> same(new TreeSet<>(written), new TreeSet<>(client.scan(prefix + "*"))));
        step("del", () -> {
            List<String> all = new ArrayList<>(written);
            all.addAll(sameSlot);
            same((long) all.size(), client.del(plus(all, missing)));
            same(null, client.get(text));
            same(Arrays.asList(null, null, null), client.mget(keys.subList(0, 3)));
        });
        client.also().forEach(this::step);
        step("reconnect", this::reconnect);
        step("close", client::close);
    }

    private String reconnect(String prefix) throws Exception {
        String key = prefix + "reconnect";
        client.setEx(key, "before", 100);
        out.println("CUT");
        in.readLine();
        long started = System.nanoTime();
        int errors = 0;
        while (true) {
            try {
                same("before", client.get(key));
                break;
            } catch (Exception e) {
                errors++;
                if (System.nanoTime() - started > RECONNECT.toNanos()) {
                    throw new IOException("no answer for " + RECONNECT.toMillis() + " ms after the cut", e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
        within(0, RECONNECT.toMillis(), took);
        same(1L, client.del(List.of(key)));
        return "after " + took + " ms, " + errors + " failed";
    }

    private void step(String name, Check check) {
        step(name, prefix -> {
            check.run();
            return "";
        });
    }

    // Whatever a client throws is what the run is for: it is said, and the next step tries.
    @SuppressWarnings("CatchingUnchecked")
    private void step(String name, Body body) {
        try {
            out.println("PASS\t" + name + "\t" + oneLine(body.run(prefix)));
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            Throwable cause = e.getCause();
            out.println("FAIL\t" + name + "\t" + oneLine(e + (cause == null ? "" : ", by " + cause)));
        }
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ");
    }

    private static byte[] everyByte() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("\r\n\0$5\r\n".getBytes(StandardCharsets.US_ASCII));
        IntStream.range(0, 256).forEach(all::write);
        all.writeBytes("\0\r\n".getBytes(StandardCharsets.US_ASCII));
        return all.toByteArray();
    }

    private static List<String> plus(List<String> list, String last) {
        List<String> longer = new ArrayList<>(list);
        longer.add(last);
        return longer;
    }

    private static List<@Nullable String> plusMissing(List<String> list) {
        List<@Nullable String> longer = new ArrayList<>(list);
        longer.add(null);
        return longer;
    }

    private static void same(@Nullable Object expected, @Nullable Object actual) throws IOException {
        if (!Objects.equals(expected, actual)) {
            throw new IOException("expected " + abridged(expected) + ", got " + abridged(actual));
        }
    }

    private static String abridged(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }

    private static void within(long lowest, long highest, long actual) throws IOException {
        if (actual < lowest || actual > highest) {
            throw new IOException("expected " + lowest + " to " + highest + ", got " + actual);
        }
    }
}
