package io.tiercel.sidecar.memory;

import static io.tiercel.sidecar.memory.Commanded.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A guard for the path that every hit takes. */
final class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int READS = 20_000;
    /** The key that is looked up takes 32; a copy of the value would take 116. */
    private static final double MOST = 40;

    private final MemoryKeyspace keyspace = new MemoryKeyspace(1 << 20, System::currentTimeMillis);

    @Test
    void a_hit_allocates_the_key_it_looks_for_and_nothing_else() {
        byte[] key = bytes("user:0000000000000042");
        new Commanded(keyspace).run("SET", "user:0000000000000042", "v".repeat(100));
        long measured = Long.MAX_VALUE;
        // The JVM's own work may be charged to the thread that set it off; the least of a few is ours.
        for (int round = 0; round < 8; round++) {
            measured = Math.min(measured, allocated(key));
        }

        assertThat((double) measured / READS).as("bytes allocated per hit").isLessThanOrEqualTo(MOST);
    }

    private long allocated(byte[] key) {
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        int hits = 0;
        for (int i = 0; i < READS; i++) {
            hits += keyspace.get(0, key) == null ? 0 : 1;
        }
        long allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertThat(hits).isEqualTo(READS);
        return allocated;
    }
}
