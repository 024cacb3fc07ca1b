package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Corpus.bytes;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has brought other parsers down: memory is bounded by what was sent, and what is refused is refused at once. */
final class AttackTest {
    private static final int READ = 65_536;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*50000000\r\n",
                "*2147483647\r\n",
                "*1000000\r\n",
                "*1\r\n$2147483647\r\n",
                "*1\r\n$536870912\r\n"
            })
    void a_header_that_promises_too_much_is_refused(String header) {
        Decoding decoding = new Decoding(RespLimits.defaults(), true);

        decoding.feed(bytes(header), 0, header.length());

        assertThat(decoding.error()).startsWith("ERR Protocol error: invalid ");
        assertThat(decoding.mostHeld()).isZero();
        decoding.end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*131072\r\n", "*1024\r\n$1048576\r\n", "*2\r\n$3\r\nGET\r\n$1048576\r\n"})
    void a_header_that_promises_as_much_as_it_may_costs_what_was_sent(String header) {
        List<Decoding> clients = new ArrayList<>();
        long memory = 0;
        for (int i = 0; i < 1_000; i++) {
            Decoding client = new Decoding(RespLimits.defaults(), true);
            // In a buffer as large as a socket's, which must not stay behind it.
            client.decoder.feed(client.allocator.buffer(READ).writeBytes(bytes(header)));
            client.feed(new byte[0], 0, 0);
            memory += client.heldMemory();
            clients.add(client);
        }

        assertThat(memory).isLessThanOrEqualTo(1_000L * header.length());
        assertThat(clients).allSatisfy(client -> assertThat(client.error()).isNull());
        clients.forEach(Decoding::end);
    }

    @Test
    void a_header_reserves_nothing_on_the_heap_either() throws RespProtocolException {
        byte[] header = bytes("*131072\r\n");
        try (RequestDecoder decoder = new RequestDecoder(RespLimits.defaults(), true)) {
            decoder.feed(Unpooled.wrappedBuffer(header));
            long before = Allocated.byThisThread();

            assertThat(decoder.next() == null).isTrue();

            // What it would be with a column for each argument: over 1,000,000.
            assertThat(Allocated.byThisThread() - before).isLessThan(10_000);
        }
    }

    @Test
    void nested_arrays_are_refused_at_the_second_header() {
        Decoding decoding = new Decoding(RespLimits.defaults(), true);
        byte[] nested = bytes("*1\r\n".repeat(200_000));

        int sent = sendUntilRefused(decoding, nested, 4);

        assertThat(sent).isEqualTo(8);
        assertThat(decoding.error()).isEqualTo("ERR Protocol error: expected '$', got '*'");
        decoding.end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "*1\r\n$", "*-", "*1\r\n$-"})
    void ten_megabytes_of_digits_are_refused_at_the_eleventh(String start) {
        Decoding decoding = new Decoding(RespLimits.defaults(), true);
        byte[] digits = bytes(start + "9".repeat(10 << 20));

        int sent = sendUntilRefused(decoding, digits, 1);

        // Where a length cannot be negative this is not looked at before the number has ended, but that is soon.
        assertThat(sent).isEqualTo(start.length() + 11);
        assertThat(decoding.mostHeld()).isLessThanOrEqualTo(64);
        decoding.end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", " ", "\"", "\\", "\r"})
    void ten_megabytes_of_a_line_are_refused_at_its_limit(String repeated) {
        Decoding decoding = new Decoding(RespLimits.defaults(), true);
        byte[] line = bytes(repeated.repeat(10 << 20));

        int sent = sendUntilRefused(decoding, line, 1_000);

        assertThat(sent).isEqualTo(9_000);
        assertThat(decoding.error()).isEqualTo("ERR Protocol error: too big inline request");
        assertThat(decoding.mostHeld()).isLessThanOrEqualTo(2 * 8_192);
        decoding.end();
    }

    @Test
    void megabytes_of_nothing_leave_nothing() {
        Decoding decoding = new Decoding(RespLimits.defaults(), true);
        byte[] nothing = bytes("*0\r\n*-1\r\n\r\n\n".repeat(100_000));

        for (int from = 0; from < nothing.length; from += READ) {
            decoding.feed(nothing, from, Math.min(nothing.length, from + READ));
        }

        assertThat(decoding.requestCount()).isZero();
        assertThat(decoding.mostHeld()).isLessThanOrEqualTo(256);
        decoding.end();
    }

    @Test
    void a_value_that_drips_in_is_held_in_less_than_twice_its_size_and_moved_a_few_times_only() {
        byte[] request = bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n" + "v".repeat(1_000_000) + "\r\n");
        Decoding decoding = new Decoding(RespLimits.defaults(), true);
        long before = Allocated.byThisThread();
        int from = 0;
        for (; from < request.length - 1; from += 100) {
            int to = Math.min(request.length - 1, from + 100);
            decoding.feed(request, from, to);
            assertThat(decoding.heldMemory() <= Math.max(256, 2L * to)).isTrue();
        }
        long moved = Allocated.byThisThread() - before;

        assertThat(decoding.requestCount()).isZero();
        assertThat(decoding.mostHeld()).isLessThanOrEqualTo(1 << 20);
        // Each of 10,000 pieces costs its own small buffer; copying all that is held for each would be 5 GB.
        assertThat(moved).isLessThan(40_000_000);
        decoding.end();
    }

    @Test
    void the_largest_request_is_held_in_less_than_twice_its_limit() {
        RespLimits limits = RespLimits.defaults();
        Decoding decoding = new Decoding(limits, true);
        byte[] request = bytes("*1024\r\n" + ("$1048576\r\n" + "v".repeat(1 << 20) + "\r\n").repeat(9));

        int sent = sendUntilRefused(decoding, request, READ);

        assertThat(decoding.error()).isEqualTo("ERR Protocol error: too big request");
        assertThat(sent).isLessThanOrEqualTo(limits.requestBytes());
        assertThat(decoding.mostHeld()).isLessThanOrEqualTo(2L * limits.requestBytes());
        decoding.end();
    }

    @Test
    void columns_for_many_arguments_are_not_kept_for_a_small_request() throws RespProtocolException {
        byte[] large = bytes("*131072\r\n$4\r\nMGET\r\n" + "$1\r\nk\r\n".repeat(131_071));
        byte[] cut = bytes("*2\r\n$3\r\nGET\r\n$1\r\nk");
        try (RequestDecoder decoder = new RequestDecoder(RespLimits.defaults(), true)) {
            decoder.feed(Unpooled.wrappedBuffer(large, cut));
            Request request = requireNonNull(decoder.next());
            assertThat(request.count()).isEqualTo(131_072);

            assertThat(decoder.next()).isNull();

            assertThat(decoder.heldBytes()).isLessThanOrEqualTo(256);
            assertThat(request.columns()).isLessThanOrEqualTo(1_024);
        }
    }

    @Test
    void a_channel_answers_one_error_and_closes_whatever_else_is_sent() {
        EmbeddedChannel channel = new EmbeddedChannel(new DecodingHandler(RespLimits.defaults(), true));
        byte[] nested = bytes("PING\r\nGET k\r\n" + "*1\r\n".repeat(250_000));

        ByteBuf first = Unpooled.copiedBuffer(nested);
        channel.writeInbound(first);

        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(first.refCnt()).isZero();
        ByteBuf answer = channel.readOutbound();
        assertThat(answer.toString(US_ASCII)).isEqualTo(":1\r\n:2\r\n-ERR Protocol error: expected '$', got '*'\r\n");
        answer.release();
        assertThat(channel.outboundMessages()).isEmpty();
        channel.checkException();
    }

    @Test
    void half_a_request_is_released_when_its_client_goes() {
        EmbeddedChannel channel = new EmbeddedChannel(new DecodingHandler(RespLimits.defaults(), true));
        ByteBuf half = Unpooled.copiedBuffer(bytes("*2\r\n$3\r\nGET\r\n$100\r\nabc"));
        channel.writeInbound(half);
        assertThat(half.refCnt()).isEqualTo(1);

        channel.finishAndReleaseAll();

        assertThat(half.refCnt()).isZero();
    }

    private static int sendUntilRefused(Decoding decoding, byte[] bytes, int piece) {
        for (int from = 0; from < bytes.length; from += piece) {
            int to = Math.min(bytes.length, from + piece);
            decoding.feed(bytes, from, to);
            if (decoding.error() != null) {
                return to;
            }
        }
        throw new AssertionError("not refused");
    }
}
