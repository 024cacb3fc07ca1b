package io.tiercel.sidecar.memory;

import static io.tiercel.sidecar.memory.Commanded.bytes;
import static io.tiercel.sidecar.memory.Commanded.words;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many threads on one keyspace: what each command and each transaction does is one step to all others. */
final class AtomicityTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 20_000;
    private static final Pattern BULK = Pattern.compile("\\$\\d+\r\n([^\r]*)\r\n");

    private final MemoryKeyspace keyspace = new MemoryKeyspace(64 << 20, System::currentTimeMillis);
    private final Commanded client = new Commanded(keyspace);
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** What a thread does in each of its rounds. */
    private interface Round {
        void run(int thread, int round);
    }

    private void inParallel(Round round) throws Exception {
        CountDownLatch ready = new CountDownLatch(THREADS);
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            ends.add(threads.submit(() -> {
                ready.countDown();
                assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
                for (int r = 0; r < ROUNDS; r++) {
                    round.run(thread, r);
                }
                return null;
            }));
        }
        for (Future<?> end : ends) {
            end.get(60, TimeUnit.SECONDS);
        }
    }

    /** Runs a writer until a reader has looked often, on two threads. */
    private void whileWriting(Runnable write, Runnable read) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Future<?> writer = threads.submit(() -> {
            while (!over.get()) {
                write.run();
            }
        });
        try {
            for (int i = 0; i < ROUNDS; i++) {
                read.run();
            }
        } finally {
            over.set(true);
        }
        writer.get(60, TimeUnit.SECONDS);
    }

    private static List<String> elements(String reply) {
        return BULK.matcher(reply).results().map(found -> found.group(1)).toList();
    }

    @Test
    void no_increment_is_lost() throws Exception {
        inParallel((thread, round) -> {
            client.run("INCR", "n");
            client.run("APPEND", "s", "x");
            client.run("INCRBYFLOAT", "f", "0.5");
        });

        assertThat(client.run("GET", "n")).contains("\r\n" + THREADS * ROUNDS + "\r\n");
        assertThat(client.run("STRLEN", "s")).isEqualTo(":" + THREADS * ROUNDS + "\r\n");
        assertThat(client.run("GET", "f")).contains("\r\n" + THREADS * ROUNDS / 2 + "\r\n");
    }

    @Test
    void one_of_many_sets_a_key_that_must_be_absent() throws Exception {
        inParallel((thread, round) -> {
            if (client.run("SET", "k" + round, "v", "NX").equals("+OK\r\n")) {
                client.run("INCR", "won");
            }
        });

        assertThat(client.run("GET", "won")).contains("\r\n" + ROUNDS + "\r\n");
    }

    @Test
    void nobody_reads_half_of_an_MSET() throws Exception {
        int[] n = new int[1];
        client.run("MSET", "a", "0", "b", "0", "c", "0");

        whileWriting(
                () -> {
                    String next = String.valueOf(++n[0]);
                    client.run("MSET", "a", next, "b", next, "c", next);
                },
                () -> {
                    List<String> read = elements(client.run("MGET", "c", "b", "a"));
                    assertThat(read).hasSize(3).containsOnly(read.get(0));
                });
    }

    @Test
    void who_has_seen_one_key_of_an_MSET_sees_the_others_after() throws Exception {
        int[] n = new int[1];
        client.run("MSET", "a", "0", "b", "0");

        whileWriting(
                () -> {
                    String next = String.valueOf(++n[0]);
                    client.run("MSET", "a", next, "b", next);
                },
                () -> {
                    long a = number(keyspace.get(0, bytes("a")));
                    long b = Long.parseLong(elements(client.run("GET", "b")).get(0));
                    assertThat(b).isGreaterThanOrEqualTo(a);
                });
    }

    private static long number(byte @Nullable [] value) {
        assertThat(value).isNotNull();
        return value == null ? -1 : Long.parseLong(new String(value, ISO_8859_1));
    }

    /** A single write before another is not seen behind it. */
    @Test
    void many_keys_are_read_at_one_moment() throws Exception {
        int[] n = new int[1];
        client.run("MSET", "a", "0", "b", "0");

        whileWriting(
                () -> {
                    String next = String.valueOf(++n[0]);
                    client.run("SET", "a", next);
                    client.run("SET", "b", next);
                },
                () -> {
                    List<String> read = elements(client.run("MGET", "a", "b"));
                    assertThat(Long.parseLong(read.get(0)) - Long.parseLong(read.get(1)))
                            .as("a before b: %s", read)
                            .isBetween(0L, 1L);
                });
    }

    @Test
    void a_key_that_is_renamed_is_always_there_once() throws Exception {
        client.run("SET", "a", "v");

        whileWriting(
                () -> {
                    client.run("RENAME", "a", "b");
                    client.run("RENAME", "b", "a");
                },
                () -> assertThat(client.run("EXISTS", "a", "b")).isEqualTo(":1\r\n"));
    }

    @Test
    void one_of_many_MSETNX_over_the_same_keys_sets_all() throws Exception {
        inParallel((thread, round) -> {
            String name = thread + "";
            // In another order for every other thread: nobody waits in a circle.
            String first = (thread % 2 == 0 ? "x" : "y") + round;
            String second = (thread % 2 == 0 ? "y" : "x") + round;
            if (client.run("MSETNX", first, name, second, name).equals(":1\r\n")) {
                assertThat(elements(client.run("MGET", first, second))).containsExactly(name, name);
                client.run("INCR", "won");
            }
        });

        assertThat(client.run("GET", "won")).contains("\r\n" + ROUNDS + "\r\n");
    }

    @Test
    void nobody_sees_half_of_a_transaction_nor_comes_between_its_commands() throws Exception {
        List<byte[][]> transfer = List.of(words("DECR", "a"), words("INCR", "b"), words("MGET", "a", "b"));
        client.run("MSET", "a", "0", "b", "0");

        whileWriting(
                () -> {
                    ByteBuf out = Unpooled.buffer();
                    keyspace.transaction(Protocol.RESP2, 0, transfer, List.of(), out);
                    List<String> after = elements(out.toString(ISO_8859_1));
                    assertThat(Long.parseLong(after.get(0)) + Long.parseLong(after.get(1)))
                            .isZero();
                },
                () -> {
                    List<String> read = elements(client.run("MGET", "a", "b"));
                    assertThat(Long.parseLong(read.get(0)) + Long.parseLong(read.get(1)))
                            .as("%s", read)
                            .isZero();
                });
    }

    @Test
    void of_many_transactions_that_watch_one_key_none_overwrites_another() throws Exception {
        client.run("SET", "n", "0");
        inParallel((thread, round) -> {
            while (true) {
                WatchedKey watched = new WatchedKey(0, bytes("n"), keyspace.version(0, bytes("n")));
                long next = number(keyspace.get(0, bytes("n"))) + 1;
                if (!client.transaction(List.of(watched), "SET n " + next).equals("*-1\r\n")) {
                    return;
                }
            }
        });

        assertThat(client.run("GET", "n")).contains("\r\n" + THREADS * ROUNDS + "\r\n");
    }

    @Test
    void a_key_that_moves_is_gone_here_once_it_is_seen_there() throws Exception {
        // Odd while the key is on its way back.
        AtomicLong ways = new AtomicLong();
        ByteBuf out = Unpooled.buffer();
        client.run("SET", "k", "v");

        whileWriting(
                () -> {
                    client.run("MOVE", "k", "1");
                    ways.incrementAndGet();
                    out.clear();
                    keyspace.execute(Protocol.RESP2, 1, words("MOVE", "k", "0"), out);
                    ways.incrementAndGet();
                    assertThat(out.toString(ISO_8859_1)).isEqualTo(":1\r\n");
                },
                () -> {
                    long before = ways.get();
                    boolean there = keyspace.get(1, bytes("k")) != null;
                    boolean here = keyspace.get(0, bytes("k")) != null;
                    assertThat(there && here && before % 2 == 0 && ways.get() == before)
                            .as("in both databases")
                            .isFalse();
                });
    }

    @Test
    void a_flush_takes_all_keys_or_none() throws Exception {
        whileWriting(
                () -> {
                    client.run("MSET", "a", "1", "b", "1", "c", "1");
                    client.run("FLUSHALL");
                },
                () -> assertThat(client.run("EXISTS", "a", "b", "c")).isIn(":0\r\n", ":3\r\n"));
    }
}
