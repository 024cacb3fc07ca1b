package io.tiercel.sidecar.memory;

import static io.tiercel.sidecar.memory.Commanded.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How much is kept, and for how long. */
final class BoundsTest {
    private static final long START = 1_700_000_000_000L;

    private final AtomicLong now = new AtomicLong(START);
    private final MemoryKeyspace keyspace = new MemoryKeyspace(64 << 20, now::get);
    private final Commanded client = new Commanded(keyspace);

    @Test
    void memory_stays_below_its_bound_and_the_counts_agree() {
        MemoryKeyspace small = new MemoryKeyspace(1 << 20, now::get);
        Commanded writer = new Commanded(small);

        for (int i = 0; i < 20_000; i++) {
            writer.run("SET", "key:" + i, "v".repeat(i % 500));
            assertThat(small.bytes()).isLessThanOrEqualTo(1 << 20);
        }

        assertThat(small.entries()).isBetween(1_000L, 4_200L);
        assertThat(small.evictions()).isEqualTo(20_000 - small.entries());
        assertThat(writer.run("DBSIZE")).isEqualTo(":" + small.entries() + "\r\n");
        long found = 0;
        for (int i = 0; i < 20_000; i++) {
            found += small.get(0, bytes("key:" + i)) == null ? 0 : 1;
        }
        assertThat(found).isEqualTo(small.entries());
    }

    @Test
    void a_value_larger_than_all_memory_is_not_kept() {
        MemoryKeyspace small = new MemoryKeyspace(10_000, now::get);
        Commanded writer = new Commanded(small);

        assertThat(writer.run("SET", "k", "v".repeat(20_000))).isEqualTo("+OK\r\n");

        assertThat(writer.run("GET", "k")).isEqualTo("$-1\r\n");
        assertThat(small.bytes()).isZero();
        assertThat(small.entries()).isZero();
    }

    @Test
    void a_value_that_grows_and_shrinks_is_counted_as_it_is() {
        client.run("SET", "k", "v");
        long small = keyspace.bytes();
        client.run("APPEND", "k", "v".repeat(1_000));
        long grown = keyspace.bytes();
        client.run("SET", "k", "v");

        assertThat(grown).isEqualTo(small + 1_000);
        assertThat(keyspace.bytes()).isEqualTo(small);
        client.run("DEL", "k");
        assertThat(keyspace.bytes()).isZero();
        assertThat(keyspace.evictions()).isZero();
    }

    @Test
    void a_value_does_not_grow_beyond_its_limit() {
        Commanded limited = new Commanded(new MemoryKeyspace(1 << 20, 10, now::get));
        String refused = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";

        assertThat(limited.run("SETRANGE", "k", "9", "x")).isEqualTo(":10\r\n");
        assertThat(limited.run("SETRANGE", "k", "9", "xy")).isEqualTo(refused);
        assertThat(limited.run("SETRANGE", "n", "10", "x")).isEqualTo(refused);
        assertThat(limited.run("APPEND", "k", "x")).isEqualTo(refused);
        assertThat(limited.run("APPEND", "k", "")).isEqualTo(":10\r\n");
        assertThat(limited.run("SETBIT", "k", "79", "1")).isEqualTo(":0\r\n");
        assertThat(limited.run("SETBIT", "k", "80", "1"))
                .isEqualTo("-ERR bit offset is not an integer or out of range\r\n");
        assertThat(limited.run("STRLEN", "k")).isEqualTo(":10\r\n");
    }

    @Test
    void a_key_is_there_up_to_its_last_millisecond_and_not_after() {
        client.run("SET", "k", "v", "PX", "100");
        client.run("SET", "t", "v", "PXAT", String.valueOf(START + 100));

        now.set(START + 100);
        assertThat(client.run("PTTL", "k")).isEqualTo(":0\r\n");
        assertThat(client.run("GET", "k")).isEqualTo("$1\r\nv\r\n");
        assertThat(keyspace.get(0, bytes("t"))).isNotNull();

        now.set(START + 101);
        assertThat(client.run("PTTL", "k")).isEqualTo(":-2\r\n");
        assertThat(client.run("GET", "k")).isEqualTo("$-1\r\n");
        assertThat(client.run("MGET", "k", "t")).isEqualTo("*2\r\n$-1\r\n$-1\r\n");
        assertThat(client.run("EXISTS", "k", "t")).isEqualTo(":0\r\n");
        assertThat(client.run("KEYS", "*")).isEqualTo("*0\r\n");
        assertThat(client.run("SCAN", "0")).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
        assertThat(client.run("RANDOMKEY")).isEqualTo("$-1\r\n");
        assertThat(client.run("DEL", "k")).isEqualTo(":0\r\n");
        assertThat(keyspace.get(0, bytes("t"))).isNull();
        assertThat(client.run("INCR", "t")).isEqualTo(":1\r\n");
        assertThat(client.run("TTL", "t")).isEqualTo(":-1\r\n");
    }

    @Test
    void an_end_moves_as_it_is_told_to() {
        client.run("SET", "k", "v", "PX", "100");
        client.run("PEXPIRE", "k", "1000");
        now.set(START + 500);
        assertThat(client.run("PTTL", "k")).isEqualTo(":500\r\n");
        client.run("PERSIST", "k");
        now.set(START + 100_000_000_000L);
        assertThat(client.run("PTTL", "k")).isEqualTo(":-1\r\n");
        client.run("GETEX", "k", "EX", "10");
        now.addAndGet(9_400);
        assertThat(client.run("TTL", "k")).isEqualTo(":1\r\n");
        now.addAndGet(101);
        assertThat(client.run("TTL", "k")).isEqualTo(":0\r\n");
        now.addAndGet(500);
        assertThat(client.run("TTL", "k")).isEqualTo(":-2\r\n");
    }

    @Test
    void an_end_thousands_of_years_off_is_kept() {
        client.run("SET", "k", "v", "PXAT", String.valueOf(Long.MAX_VALUE));
        now.addAndGet(Duration.ofDays(100 * 365).toMillis());

        assertThat(client.run("PEXPIRETIME", "k")).isEqualTo(":" + Long.MAX_VALUE + "\r\n");
    }

    @Test
    void idle_time_is_counted_from_the_last_write() {
        client.run("SET", "k", "v");
        now.addAndGet(5_000);

        assertThat(client.run("OBJECT", "IDLETIME", "k")).isEqualTo(":5\r\n");
    }

    @Test
    void the_memory_of_what_has_expired_is_freed_when_nobody_asks_for_it() {
        MemoryKeyspace real = new MemoryKeyspace(64 << 20, System::currentTimeMillis);
        Commanded writer = new Commanded(real);
        for (int i = 0; i < 1_000; i++) {
            writer.run("SET", "k" + i, "v", "PX", "50");
        }
        writer.run("SET", "stays", "v");

        await().atMost(Duration.ofSeconds(20)).until(() -> real.entries() == 1);

        assertThat(real.bytes()).isLessThan(1_000);
        assertThat(real.evictions()).isZero();
    }

    @Test
    void a_flushed_database_is_empty_at_once_and_its_memory_is_freed_soon() {
        for (int i = 0; i < 50_000; i++) {
            client.run("SET", "k" + i, "v");
        }

        client.run("FLUSHDB");

        assertThat(client.run("DBSIZE")).isEqualTo(":0\r\n");
        assertThat(keyspace.entries()).isZero();
        client.run("SET", "k1", "new");
        await().atMost(Duration.ofSeconds(20)).until(() -> keyspace.bytes() < 1_000);
        assertThat(client.run("GET", "k1")).isEqualTo("$3\r\nnew\r\n");
        assertThat(keyspace.evictions()).isZero();
    }

    @Test
    void bounds_that_make_no_sense_are_refused() {
        assertThatThrownBy(() -> new MemoryKeyspace(0, now::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maximumBytes must be positive: 0");
        assertThatThrownBy(() -> new MemoryKeyspace(1, 0, now::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("longestValue must be from 1 to 536870912: 0");
    }
}
