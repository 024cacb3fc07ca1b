package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * The same bytes to the sidecar, with a Redis of its own behind it, and to another Redis: the replies must be the same,
 * byte for byte. It goes on for {@code abuse.fuzz.seconds} (10) from {@code abuse.fuzz.seed}; {@code abuse.fuzz.only} is
 * the seed of a single pipeline.
 *
 * <p>Differences that are meant, and therefore not counted or not asked for:
 * <ul>
 *   <li>the id of the connection in the reply to HELLO;
 *   <li>when a key ends whose life began with the command, as the two servers get it at different times;
 *   <li>how what is unknown is quoted: here as UTF-8, there byte for byte up to a NUL;
 *   <li>what {@code RequestDecoder} lists, where it is stricter than Redis: after the same replies as Redis gave so far it
 *       may say {@code Protocol error} where Redis goes on, waits or closes without a word;
 *   <li>CLIENT, HELLO, SELECT and RESET inside of MULTI; READONLY, which only a cluster knows and the sidecar always;
 *   <li>DBSIZE, RANDOMKEY, KEYS and SCAN, which do not show or order what is there alike;
 *   <li>MOVE, SWAPDB and databases beyond 0, which are prefixes of keys and not databases of Redis.
 * </ul>
 */
final class SameAsRedisFuzzIT {
    private static final String REFUSAL = "-ERR Protocol error: ";
    private static final Pattern ID = Pattern.compile("(\\$2\r\nid\r\n:)\\d+");
    private static final Pattern UNKNOWN =
            Pattern.compile("(-ERR (?:unknown (?:sub)?command|Syntax error in HELLO option))[^\r]*");
    private static final Pattern SOON = Pattern.compile(":1[78]\\d{8}(\\d{3})?\r\n");
    private static final int PATIENCE_MS = 10_000;

    private static final ListAppender<ILoggingEvent> LEAKS = new ListAppender<>();

    private static RedisServer redis;
    private static RedisServer behind;
    private static RunningSidecar sidecar;

    @BeforeAll
    static void start() throws StartException {
        LEAKS.start();
        leakLogger().addAppender(LEAKS);
        redis = RedisServer.start();
        behind = RedisServer.start();
        sidecar = RunningSidecar.with("--redis", behind.uri(), "--redis-timeout", "30s", "--bound", "60s")
                .awaitRedis();
    }

    @AfterAll
    static void stop() {
        leakLogger().detachAppender(LEAKS);
        sidecar.close();
        behind.close();
        redis.close();
    }

    @Test
    void replies_are_those_of_redis() throws IOException {
        String only = System.getProperty("abuse.fuzz.only");
        if (only != null) {
            compare(Long.parseLong(only));
            return;
        }
        long seconds = Long.getLong("abuse.fuzz.seconds", 10);
        long seed = Long.getLong("abuse.fuzz.seed", 20_260_101);
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        int pipelines = 0;
        for (; System.nanoTime() < end; pipelines++) {
            compareAgainIfNeeded(seed + pipelines);
        }
        assertThat(pipelines).isPositive();
        try (RawClient client = sidecar.client()) {
            assertThat(RunningSidecar.figure(client, "connected_clients")).isLessThan(5);
            assertThat(RunningSidecar.figure(client, "in_flight")).isZero();
        }
        // Netty tells of a buffer that was lost when the next one is made.
        assertThat(LEAKS.list).isEmpty();
    }

    @Test
    void a_pipeline_does_not_overtake_itself_where_it_changes_its_connection_to_redis() throws IOException {
        String set = RawClient.encoded("SET", "k", "v");
        String get = RawClient.encoded("GET", "k");
        String[] changes = {
            RawClient.encoded("HELLO", "3"),
            RawClient.encoded("WATCH", "other"),
            RawClient.encoded("WATCH", "k") + RawClient.encoded("APPEND", "k", "w") + RawClient.encoded("UNWATCH"),
            RawClient.encoded("SELECT", "1") + set + RawClient.encoded("FLUSHDB"),
            RawClient.encoded("WATCH", "k") + RawClient.encoded("COPY", "k", "k2") + RawClient.encoded("INCR", "k2")
        };
        for (int i = 0; i < 100; i++) {
            String sent = RawClient.encoded("FLUSHALL") + set + changes[i % changes.length] + get;
            String expected = expected(sent);
            assertThat(comparable(actual(sent, expected, new Random(i)))).isEqualTo(comparable(expected));
        }
    }

    private static Logger leakLogger() {
        return (Logger) LoggerFactory.getLogger("io.netty.util.ResourceLeakDetector");
    }

    private static final Pattern SHORT_LIFE = Pattern.compile(
            "(?i)(psetex|pexpire)\r\n\\$\\d+\r\n[^\r]*\r\n\\$\\d+\r\n\\d{1,3}\r\n|\r\npx\r\n\\$\\d+\r\n\\d{1,3}\r\n");

    /** A life that ends between two commands on a busy machine makes a difference once, a fault does each time. */
    private static void compareAgainIfNeeded(long seed) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                compare(seed);
                return;
            } catch (AssertionError e) {
                if (tries == 3) {
                    throw e;
                }
            }
        }
    }

    private static void compare(long seed) throws IOException {
        String sent = new PipelineFuzz(seed).next();
        if (SHORT_LIFE.matcher(sent).find()) {
            return; // it may end between two commands, and does where they go over two connections
        }
        String expected = expected(sent);
        String actual = actual(sent, expected, new Random(seed));
        String ours = comparable(actual);
        String theirs = comparable(expected);
        if (!ours.equals(theirs) && !isStricter(ours, theirs)) {
            int at = 0;
            while (at < Math.min(ours.length(), theirs.length()) && ours.charAt(at) == theirs.charAt(at)) {
                at++;
            }
            int from = Math.max(0, at - 150);
            throw new AssertionError("-Dabuse.fuzz.only=" + seed + "\nsent:   " + shown(sent, 0, 6_000) + "\nredis:  "
                    + shown(theirs, from, 300) + "\nsidecar: " + shown(ours, from, 300));
        }
    }

    private static String comparable(String replies) {
        String withoutIds = ID.matcher(replies).replaceAll("$1");
        String withoutNames = UNKNOWN.matcher(withoutIds).replaceAll("$1");
        return SOON.matcher(withoutNames).replaceAll(":soon\r\n");
    }

    private static boolean isStricter(String ours, String theirs) {
        int refusal = ours.lastIndexOf(REFUSAL);
        return refusal >= 0
                && ours.indexOf("\r\n", refusal) == ours.length() - 2
                && theirs.startsWith(ours.substring(0, refusal));
    }

    private static String shown(String bytes, int from, int most) {
        StringBuilder text = new StringBuilder();
        String part = bytes.substring(from, Math.min(bytes.length(), from + most));
        for (char c : part.replaceAll("v{100,}", "v...").toCharArray()) {
            switch (c) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\\' -> text.append("\\\\");
                default ->
                    text.append(c >= ' ' && c <= '~' ? Character.toString(c) : String.format("\\x%02x", (int) c));
            }
        }
        return text.toString();
    }

    /** Redis answers all that it has read before it sees the end. */
    private static String expected(String sent) throws IOException {
        try (Socket socket = new Socket(redis.host(), redis.port())) {
            socket.setSoTimeout(PATIENCE_MS);
            StringBuilder text = new StringBuilder();
            Thread writer = new Thread(() -> write(socket, sent));
            writer.start();
            read(socket, text, () -> false);
            return text.toString();
        }
    }

    private static void write(Socket socket, String sent) {
        try {
            socket.getOutputStream().write(sent.getBytes(ISO_8859_1));
            socket.shutdownOutput();
        } catch (IOException e) {
            // It has closed before it read all, as it does after a wrong request.
            return;
        }
    }

    /** In pieces; and the end only when there are as many replies as there should be, as it may close at the end. */
    private static String actual(String sent, String expected, Random random) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), sidecar.port())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MS);
            byte[] bytes = sent.getBytes(ISO_8859_1);
            Thread writer = new Thread(() -> {
                try {
                    for (int at = 0; at < bytes.length; ) {
                        int length =
                                Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 20 : 20_000));
                        socket.getOutputStream().write(bytes, at, length);
                        at += length;
                    }
                } catch (IOException e) {
                    return; // as above
                }
            });
            writer.start();
            StringBuilder text = new StringBuilder();
            int most = comparable(expected).length();
            read(
                    socket,
                    text,
                    () -> text.length() >= expected.length() - 64
                            && text.toString().endsWith("\r\n")
                            && comparable(text.toString()).length() >= most);
            join(writer);
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                return text.toString();
            }
            read(socket, text, () -> false);
            return text.toString();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(PATIENCE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(thread.isAlive()).as("the sidecar does not read any more").isFalse();
    }

    private static void read(Socket socket, StringBuilder text, BooleanSupplier enough) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[64 << 10];
        try {
            while (!enough.getAsBoolean()) {
                int count = in.read(buffer);
                if (count < 0) {
                    return;
                }
                text.append(new String(buffer, 0, count, ISO_8859_1));
            }
        } catch (SocketTimeoutException e) {
            text.append("(silence)");
        } catch (SocketException e) {
            return; // a reset is an end as well
        }
    }
}
