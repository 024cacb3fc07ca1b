package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import io.tiercel.embedded.RedisServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a hit in memory allocates on the event loop, from the socket's bytes to the socket's bytes: nothing for the command
 * itself, so that the garbage of a pipeline of hits is that of its one read and one write.
 */
@Timeout(60)
class HotPathAllocationIT {
    private static final int PIPELINE = 100;
    private static final int ROUNDS = 2_000;
    private static final byte[] GET = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n".getBytes(US_ASCII);
    private static final byte[] HIT = "$5\r\nvalue\r\n".getBytes(US_ASCII);

    private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();

    /** It notes where each buffer was touched. */
    @BeforeEach
    void leaks_are_not_looked_for() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void leaks_are_looked_for_again() {
        ResourceLeakDetector.setLevel(level);
    }

    @Test
    void a_pipelined_hit_allocates_nothing_of_its_own() throws Exception {
        try (RedisServer redis = RedisServer.start();
                RunningSidecar sidecar = RunningSidecar.with("--redis", redis.uri(), "--l1-bytes", "16m", "--ttl", "1h")
                        .awaitRedis();
                Socket client = new Socket(InetAddress.getLoopbackAddress(), sidecar.port())) {
            client.setTcpNoDelay(true);
            OutputStream out = client.getOutputStream();
            DataInputStream in = new DataInputStream(client.getInputStream());
            out.write("SET key value\r\n".getBytes(US_ASCII));
            in.readFully(new byte["+OK\r\n".length()]);
            byte[] requests = repeated(GET);
            byte[] replies = repeated(HIT);
            rounds(out, in, requests, replies, ROUNDS); // until it is in memory, and compiled
            long before = allocated();
            rounds(out, in, requests, replies, ROUNDS);
            double each = (allocated() - before) / (double) (ROUNDS * PIPELINE);
            System.getLogger(HotPathAllocationIT.class.getName())
                    .log(System.Logger.Level.INFO, "a pipelined GET that hits allocates {0} bytes", each);
            // One read and one write for a hundred commands have objects of Netty's.
            assertThat(each).isLessThan(16);
        }
    }

    private static void rounds(OutputStream out, DataInputStream in, byte[] requests, byte[] replies, int rounds)
            throws IOException {
        byte[] got = new byte[replies.length];
        for (int i = 0; i < rounds; i++) {
            out.write(requests);
            in.readFully(got);
            assertThat(Arrays.equals(got, replies)).isTrue();
        }
    }

    private static byte[] repeated(byte[] one) {
        byte[] all = new byte[one.length * PIPELINE];
        for (int i = 0; i < PIPELINE; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    /** By the event loops of the front end, since they were started. */
    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tiercel-resp"))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getId()))
                .sum();
    }
}
