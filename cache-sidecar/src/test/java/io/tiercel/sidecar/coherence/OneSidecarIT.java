package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.RedisCluster;
import io.tiercel.sidecar.Launched;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Many connections of one sidecar, of both versions of the protocol and on all its event loops, which reach Redis over
 * different connections: who has written reads that, and nobody reads backwards.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OneSidecarIT {
    private static final int MILLIS = Integer.getInteger("sidecar.coherence.millis", 3_000);
    private static final int READERS = 6;

    private final RedisCluster cluster = RedisCluster.start(3);
    private final Launched sidecar;

    OneSidecarIT() throws Exception {
        sidecar = Launched.start("--redis", cluster.uri(), "--redis-timeout", "10s");
    }

    @AfterAll
    void stop() {
        sidecar.close();
        cluster.close();
    }

    private RespClient client(int number) throws Exception {
        return number % 2 == 0 ? new RespClient(sidecar.port()) : RespClient.resp3(sidecar.port());
    }

    private static long version(@Nullable Object reply) {
        return reply == null ? 0 : Long.parseLong(String.valueOf(reply));
    }

    /** Runs all until the first of them ends or fails. */
    private static void together(List<Callable<Void>> tasks, AtomicBoolean end) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            List<Future<Void>> all = new ArrayList<>();
            tasks.forEach(task -> all.add(threads.submit(() -> {
                try {
                    return task.call();
                } finally {
                    end.set(true);
                }
            })));
            for (Future<Void> one : all) {
                one.get(MILLIS + 30_000L, TimeUnit.MILLISECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Reads as fast as it can, and nothing that is older than what it has read, or than what was acknowledged before. */
    private Callable<Void> reader(int number, String key, AtomicLong acknowledged, AtomicBoolean end) {
        return () -> {
            try (RespClient client = client(number)) {
                long last = 0;
                while (!end.get()) {
                    long written = acknowledged.get();
                    long read = number % 3 == 2
                            ? version(client.list("MGET", key, "other").get(0))
                            : version(client.get(key));
                    assertThat(read).as("after reading it").isGreaterThanOrEqualTo(last);
                    assertThat(read).as("after its acknowledgement").isGreaterThanOrEqualTo(written);
                    last = read;
                }
                return null;
            }
        };
    }

    @Test
    void everybody_reads_what_was_acknowledged_and_nobody_reads_backwards() throws Exception {
        AtomicBoolean end = new AtomicBoolean();
        AtomicLong acknowledged = new AtomicLong();
        List<Callable<Void>> tasks = new ArrayList<>();
        tasks.add(() -> {
            try (RespClient writer = client(0)) {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS);
                for (long version = 1; System.nanoTime() < until && !end.get(); version++) {
                    writer.set("o:single", Long.toString(version));
                    acknowledged.set(version);
                }
                return null;
            }
        });
        for (int i = 0; i < READERS; i++) {
            tasks.add(reader(i, "o:single", acknowledged, end));
        }
        together(tasks, end);
        assertThat(acknowledged.get()).isGreaterThan(100);
    }

    @Test
    void in_a_pipeline_each_read_sees_the_writes_before_it() throws Exception {
        AtomicBoolean end = new AtomicBoolean();
        AtomicLong acknowledged = new AtomicLong();
        AtomicLong version = new AtomicLong();
        List<Callable<Void>> tasks = new ArrayList<>();
        tasks.add(() -> {
            try (RespClient writer = client(0)) {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS);
                while (System.nanoTime() < until && !end.get()) {
                    pipeline(writer, version, acknowledged);
                }
                return null;
            }
        });
        for (int i = 0; i < READERS; i++) {
            tasks.add(reader(i, "o:pipeline", acknowledged, end));
        }
        together(tasks, end);
        assertThat(version.get()).isGreaterThan(100);
    }

    /** GET, SET, GET in one write, then SET and GET in two, before any reply is read. */
    private static void pipeline(RespClient writer, AtomicLong version, AtomicLong acknowledged) throws Exception {
        byte[] get = RespClient.encoded("GET", "o:pipeline");
        long before = version.get();
        byte[] one = RespClient.encoded("SET", "o:pipeline", Long.toString(before + 1));
        byte[] two = RespClient.encoded("SET", "o:pipeline", Long.toString(before + 2));
        byte[] all = new byte[2 * get.length + one.length];
        System.arraycopy(get, 0, all, 0, get.length);
        System.arraycopy(one, 0, all, get.length, one.length);
        System.arraycopy(get, 0, all, get.length + one.length, get.length);
        writer.send(all);
        writer.send(two);
        // The reply to the write is under way, and others read meanwhile what was there before.
        long pause = System.nanoTime() + 30_000 * (before % 10);
        while (System.nanoTime() < pause) {
            Thread.onSpinWait();
        }
        writer.send(get);
        version.set(before + 2);
        assertThat(version(writer.read())).as("the read before").isEqualTo(before);
        assertThat(writer.read()).isEqualTo("OK");
        assertThat(version(writer.read())).as("the read behind").isEqualTo(before + 1);
        assertThat(writer.read()).isEqualTo("OK");
        acknowledged.set(before + 2);
        assertThat(version(writer.read())).as("the read behind, sent later").isEqualTo(before + 2);
    }

    @Test
    void nobody_reads_backwards_while_somebody_else_writes_to_Redis_itself() throws Exception {
        AtomicBoolean end = new AtomicBoolean();
        AtomicLong acknowledged = new AtomicLong();
        List<Callable<Void>> tasks = new ArrayList<>();
        tasks.add(() -> {
            try (Foreign writer = new Foreign(cluster)) {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS);
                for (long version = 1; System.nanoTime() < until && !end.get(); version++) {
                    assertThat(writer.ask("SET", "o:foreign", Long.toString(version)))
                            .isEqualTo("OK");
                }
                return null;
            }
        });
        for (int i = 0; i < READERS; i++) {
            tasks.add(reader(i, "o:foreign", acknowledged, end));
        }
        together(tasks, end);
    }
}
