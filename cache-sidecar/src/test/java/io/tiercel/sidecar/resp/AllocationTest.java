package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Corpus.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * A guard for the path that every hit takes. Buffers are made without the leak detector, whose records would be all that
 * is measured.
 */
final class AllocationTest {
    private static final int PIPELINED = 100;
    private static final int READS = 200;

    /** Bytes for a command; the buffer that carries a hundred of them is not counted, everything else is. */
    private static final double MOST = 1;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    private final byte[] key = bytes("user:0000000000000042");
    private final byte[] value = bytes("v".repeat(100));

    @Test
    void a_pipelined_GET_and_the_reply_to_its_hit_allocate_nothing() throws RespProtocolException {
        byte[] get = bytes("*2\r\n$3\r\nGET\r\n$21\r\nuser:0000000000000042\r\n".repeat(PIPELINED));
        ByteBuf out = allocator.buffer(PIPELINED * 128);
        try (RequestDecoder decoder = new RequestDecoder(RespLimits.defaults(), true)) {
            answer(decoder, get, out);
            long measured = Long.MAX_VALUE;
            // The JVM's own work may be charged to the thread that set it off; the least of a few is ours.
            for (int round = 0; round < 5; round++) {
                measured = Math.min(measured, answer(decoder, get, out));
            }

            double perCommand = (double) measured / (PIPELINED * READS);

            assertThat(perCommand).as("bytes allocated per command").isLessThanOrEqualTo(MOST);
        } finally {
            out.release();
        }
    }

    /** Or the one above would say nothing. */
    @Test
    void one_copy_for_each_command_would_be_seen() {
        long before = Allocated.byThisThread();
        int bytes = 0;
        for (int i = 0; i < 1_000; i++) {
            bytes += key.clone().length;
        }

        assertThat(bytes).isEqualTo(21_000);
        assertThat(Allocated.byThisThread() - before).isGreaterThan(1_000 * (long) MOST * 10);
    }

    private long answer(RequestDecoder decoder, byte[] get, ByteBuf out) throws RespProtocolException {
        int hash = Arrays.hashCode(key);
        long allocated = 0;
        int hits = 0;
        for (int read = 0; read < READS; read++) {
            ByteBuf in = allocator.buffer(get.length).writeBytes(get);
            out.clear();
            long before = Allocated.byThisThread();
            decoder.feed(in);
            for (Request request = decoder.next(); request != null; request = decoder.next()) {
                if (request.is(0, "GET") && request.hash(1) == hash && request.sameBytes(1, key)) {
                    Reply.bulk(out, value);
                    hits++;
                }
            }
            allocated += Allocated.byThisThread() - before;
        }
        assertThat(hits).isEqualTo(PIPELINED * READS);
        return allocated;
    }
}
