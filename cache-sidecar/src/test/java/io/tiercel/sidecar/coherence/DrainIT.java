package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A sidecar that is told to end answers what it was sent before, says that it is not ready, and ends in order. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DrainIT {
    private static final Logger log = LoggerFactory.getLogger(DrainIT.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(6);
    private static final int CLIENTS = 8;

    private final RedisCluster cluster = RedisCluster.start(3);

    @AfterAll
    void stop() {
        cluster.close();
    }

    private SidecarProcess start() throws IOException {
        return new SidecarProcess("--redis", cluster.uri(), "--redis-timeout", "5s", "--drain-timeout", "6s");
    }

    private static final long MOST_UNANSWERED = 2_000;

    /** Sends pipelines without waiting for replies, and counts those on another thread. */
    private static final class Load {
        private final RespClient client;
        private final AtomicLong sent = new AtomicLong();
        private final AtomicLong answered = new AtomicLong();
        private final List<String> wrong = new ArrayList<>();
        private final Thread sender = new Thread(this::send, "sender");
        private final Thread receiver = new Thread(this::receive, "receiver");
        private final int number;
        private volatile boolean end;

        Load(int port, int number) throws IOException {
            this.client = new RespClient(port);
            this.number = number;
        }

        void start() {
            sender.start();
            receiver.start();
        }

        private static byte[] pipeline(int number, long round) {
            java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
            for (int i = 0; i < 10; i++) {
                bytes.writeBytes(RespClient.encoded("GET", "n:hot" + i));
                bytes.writeBytes(RespClient.encoded("SET", "n:" + number + ":" + i, "v" + round));
            }
            return bytes.toByteArray();
        }

        private void send() {
            try {
                for (long round = 0; !end; round++) {
                    client.send(pipeline(number, round));
                    sent.addAndGet(20);
                    // What waits in sockets when the time is over is nobody's: a slow machine must not pile it up.
                    do {
                        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
                    } while (!end && sent.get() - answered.get() > MOST_UNANSWERED);
                }
            } catch (IOException e) {
                log.debug("client {} is let go: {}", number, e.getMessage());
            }
        }

        private void receive() {
            try {
                while (true) {
                    Object reply = client.read();
                    if (reply instanceof RespClient.Failure failure) {
                        wrong.add(failure.text());
                    }
                    answered.incrementAndGet();
                }
            } catch (IOException e) {
                log.debug("client {} is let go: {}", number, e.getMessage());
            }
        }

        void stop() throws Exception {
            end = true;
            client.close();
            sender.join();
            receiver.join();
        }
    }

    @Test
    void what_was_received_before_the_signal_is_answered_and_it_ends_in_time() throws Exception {
        List<Load> loads = new ArrayList<>();
        try (SidecarProcess sidecar = start()) {
            try (RespClient client = new RespClient(sidecar.port())) {
                for (int i = 0; i < 10; i++) {
                    client.set("n:hot" + i, "v");
                }
            }
            for (int i = 0; i < CLIENTS; i++) {
                loads.add(new Load(sidecar.port(), i));
            }
            loads.forEach(Load::start);
            TimeUnit.MILLISECONDS.sleep(1_000);

            long[] before = loads.stream().mapToLong(load -> load.sent.get()).toArray();
            long signalled = System.nanoTime();
            sidecar.signal("TERM");
            int exit = sidecar.exitCode(TIMEOUT.plusSeconds(2));
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - signalled);

            assertThat(exit).as(sidecar.output()).isZero();
            assertThat(took).isLessThan(TIMEOUT.toMillis());
            long sent = 0;
            long answered = 0;
            for (int i = 0; i < CLIENTS; i++) {
                Load load = loads.get(i);
                load.receiver.join(5_000);
                assertThat(load.wrong).isEmpty();
                assertThat(load.answered.get()).as("client %s", i).isGreaterThanOrEqualTo(before[i]);
                sent += before[i];
                answered += load.answered.get();
            }
            log.info(
                    "{} commands were sent before SIGTERM, {} were answered in all, the process ended after {} ms",
                    sent,
                    answered,
                    took);
        } finally {
            for (Load load : loads) {
                load.stop();
            }
        }
    }

    @Test
    void it_is_not_ready_at_once_and_tells_clients_that_asked_for_it_where_to_go() throws Exception {
        try (SidecarProcess sidecar = start();
                RespClient told = RespClient.resp3(sidecar.port());
                RespClient other = RespClient.resp3(sidecar.port())) {
            assertThat(told.ask("CLIENT", "MAINT_NOTIFICATIONS", "ON")).isEqualTo("OK");
            told.timeoutMillis(8_000);
            other.timeoutMillis(8_000);

            sidecar.signal("TERM");
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(1))
                    .until(() -> sidecar.ready() == 503);

            // Told, and served for a while yet: it goes by itself.
            assertThat(told.ask("SET", "n:told", "v")).isEqualTo("OK");
            assertThat(told.pushes()).hasSize(1);
            assertThat(String.valueOf(told.pushes().get(0))).startsWith("[MOVING, 1, 10, 127.0.0.1:" + sidecar.port());
            told.hangUp();
            assertThat(sidecar.exitCode(TIMEOUT)).as(sidecar.output()).isZero();
            assertThat(other.pushes()).isEmpty();
        }
    }
}
