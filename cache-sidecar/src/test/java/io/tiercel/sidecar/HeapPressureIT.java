package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process of 64 MiB of heap that was told to give four fifths of it to L1, which is too much. */
@Timeout(180)
class HeapPressureIT {
    private static final int KEYS = 52_000;
    private static final int BATCH = 100;
    private static final String VALUE = "v".repeat(1_000);

    private static final int SECONDS = 60;

    @TempDir
    private Path directory;

    /** Without it, as was seen, the process ends for want of memory or does nothing but collect. */
    @Test
    void L1_gives_way_before_the_process_runs_out_of_memory() throws IOException {
        try (RedisServer redis = RedisServer.start();
                SidecarProcess sidecar = SidecarProcess.start(
                        directory,
                        "64m",
                        "--redis",
                        redis.uri(),
                        "--redis-timeout",
                        "10s",
                        "--l1-bytes",
                        "80%",
                        "--ttl",
                        "1h");
                RawClient client = RawClient.to(sidecar.port())) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> client.ask("SET", "small", "v").equals("+OK\r\n"));
            try (RawClient direct = RawClient.to(URI.create(redis.uri()).getPort())) {
                batches(direct, key -> RawClient.encoded("SET", "key:" + key, VALUE), 5);
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (System.nanoTime() < end && !sidecar.log().contains("L1 may take")) {
                batches(client, key -> RawClient.encoded("GET", "key:" + key), VALUE.length() + 9);
            }
            batches(client, key -> RawClient.encoded("GET", "key:" + key), VALUE.length() + 9);

            assertThat(sidecar.isAlive()).isTrue();
            assertThat(sidecar.log()).contains("L1 may take").doesNotContain("OutOfMemoryError");
        }
    }

    private static void batches(RawClient client, IntFunction<String> command, int replyLength) throws IOException {
        for (int first = 0; first < KEYS; first += BATCH) {
            StringBuilder sent = new StringBuilder();
            for (int key = first; key < first + BATCH; key++) {
                sent.append(command.apply(key));
            }
            // Twice, as what is asked for once is not kept.
            for (int time = 0; time < 2; time++) {
                client.send(sent.toString());
                for (int i = 0; i < BATCH; i++) {
                    assertThat(client.reply()).hasSize(replyLength);
                }
            }
        }
    }
}
