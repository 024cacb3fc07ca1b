package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Corpus.bytes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.Decoding.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class RequestDecoderTest {
    private static final RespLimits LIMITS = RespLimits.defaults();

    static Stream<Arguments> read() {
        return Stream.of(
                Arguments.of("*1\r\n$4\r\nPING\r\n", List.of(List.of("PING"))),
                Arguments.of("*2\r\n$3\r\nGET\r\n$4\r\na\r\n\0\r\n", List.of(List.of("GET", "a\r\n\0"))),
                Arguments.of("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", List.of(List.of("GET", ""))),
                Arguments.of("*1\r\n$0\r\n\r\n", List.of(List.of(""))),
                Arguments.of("*0\r\n*-1\r\n*-2147483648\r\n", List.of()),
                Arguments.of("*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n", List.of(List.of("a"), List.of("b"))),
                Arguments.of("\r\n\n \t \r\n", List.of()),
                Arguments.of(
                        "GET k\r\nGET k\nGET k\r\r\n",
                        List.of(List.of("GET", "k"), List.of("GET", "k"), List.of("GET", "k"))),
                Arguments.of(
                        "SET k \"a \\x00\\xfF\\n\\r\\t\\b\\a\\\\\\\"\"\r\n",
                        List.of(List.of("SET", "k", "a \0\377\n\r\t\b\7\\\""))),
                Arguments.of("SET k 'a \\' \\x00'\r\n", List.of(List.of("SET", "k", "a ' \\x00"))),
                Arguments.of("SET a\"b c\" ''\r\n", List.of(List.of("SET", "ab c", ""))),
                Arguments.of("SET \"\\x4\" \"\\xg0\"\r\n", List.of(List.of("SET", "x4", "xg0"))),
                Arguments.of("GET / HTTP/1.1\r\n", List.of(List.of("GET", "/", "HTTP/1.1"))));
    }

    @ParameterizedTest
    @MethodSource("read")
    void requests_are_read_as_Redis_reads_them(String sent, List<List<String>> requests) {
        assertThat(Decoding.of(bytes(sent))).isEqualTo(new Outcome(requests, null));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("*x\r\n", "invalid multibulk length"),
                Arguments.of("*x", "invalid multibulk length"),
                Arguments.of("*\r\n", "invalid multibulk length"),
                Arguments.of("*-\r\n", "invalid multibulk length"),
                Arguments.of("*1\n", "invalid multibulk length"),
                Arguments.of("*1\rx", "invalid multibulk length"),
                Arguments.of("*01\r\n", "invalid multibulk length"),
                Arguments.of("*131073\r\n", "invalid multibulk length"),
                Arguments.of("*2147483647\r\n", "invalid multibulk length"),
                Arguments.of("*12345678901", "invalid multibulk length"),
                Arguments.of("*-12345678901", "invalid multibulk length"),
                Arguments.of("*1025\r\n$3\r\nGET\r\n", "invalid multibulk length"),
                Arguments.of("*1\r\n$x\r\n", "invalid bulk length"),
                Arguments.of("*1\r\n$-1\r\n", "invalid bulk length"),
                Arguments.of("*1\r\n$1048577\r\n", "invalid bulk length"),
                Arguments.of("*1\r\n$9999999999\r\n", "invalid bulk length"),
                Arguments.of("*1\r\n$4\rxPING\r\n", "invalid bulk length"),
                Arguments.of("*1\r\nPING\r\n", "expected '$', got 'P'"),
                Arguments.of("*1\r\n*1\r\n", "expected '$', got '*'"),
                Arguments.of("*1\r\n$4\r\nPINGxx", "expected CRLF after a bulk string"),
                Arguments.of("*1\r\n$4\r\nPING\n\n", "expected CRLF after a bulk string"),
                Arguments.of("*1\r\n$4\r\nPING\rx", "expected CRLF after a bulk string"),
                Arguments.of("*1\r\n$3\r\nPING\r\n", "expected CRLF after a bulk string"),
                Arguments.of("GET \"k\r\n", "unbalanced quotes in request"),
                Arguments.of("GET 'k'k\r\n", "unbalanced quotes in request"),
                Arguments.of("GET \0\r\n", "NUL in inline request"),
                Arguments.of("x".repeat(8_193), "too big inline request"),
                Arguments.of("x".repeat(8_193) + "\n", "too big inline request"),
                Arguments.of("POST / HTTP/1.1\r\n", "HTTP is not spoken here"),
                Arguments.of("host: localhost\r\n", "HTTP is not spoken here"),
                Arguments.of("*1\r\n$4\r\nposT\r\n", "HTTP is not spoken here"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void what_is_no_request_is_refused_in_the_words_of_Redis(String sent, String error) {
        byte[] more = bytes("PING\r\n*x\r\n");

        Outcome outcome = Decoding.of(bytes(sent), more, more);

        assertThat(outcome).isEqualTo(new Outcome(List.of(), "ERR Protocol error: " + error));
    }

    static Stream<Arguments> refusedBeforeAuthentication() {
        return Stream.of(
                Arguments.of("*11\r\n", "unauthenticated multibulk length"),
                Arguments.of("*1\r\n$16385\r\n", "unauthenticated bulk length"),
                Arguments.of("a b c d e f g h i j k\r\n", "unauthenticated multibulk length"));
    }

    @ParameterizedTest
    @MethodSource("refusedBeforeAuthentication")
    void before_authentication_little_may_be_sent(String sent, String error) {
        assertThat(Decoding.of(LIMITS, false, bytes(sent)).error()).isEqualTo("ERR Protocol error: " + error);
        assertThat(Decoding.of(LIMITS, true, bytes(sent)).error()).isNull();
    }

    @Test
    void an_AUTH_changes_the_limits_for_what_came_with_it() throws RespProtocolException {
        byte[] sent = bytes("AUTH secret\r\n*2\r\n$3\r\nGET\r\n$20000\r\n" + "k".repeat(20_000) + "\r\n");
        try (RequestDecoder decoder = new RequestDecoder(LIMITS, false)) {
            decoder.feed(Unpooled.wrappedBuffer(sent));

            Request auth = requireNonNull(decoder.next());
            assertThat(auth.is(0, "AUTH")).isTrue();
            decoder.authenticated(true);
            Request get = requireNonNull(decoder.next());
            assertThat(get.length(1)).isEqualTo(20_000);
        }
    }

    @Test
    void many_arguments_are_for_commands_that_take_a_list_of_keys() {
        String arguments = "$1\r\nk\r\n".repeat(1_024);

        assertThat(Decoding.of(bytes("*1025\r\n$4\r\nmget\r\n" + arguments)).requests())
                .singleElement()
                .satisfies(request -> assertThat(request).hasSize(1_025));
        assertThat(Decoding.of(bytes("*1025\r\n$4\r\nECHO\r\n" + arguments)).error())
                .isEqualTo("ERR Protocol error: invalid multibulk length");
        assertThat(Decoding.of(bytes("ECHO" + " k".repeat(1_024) + "\r\n")).error())
                .isEqualTo("ERR Protocol error: invalid multibulk length");
        assertThat(Decoding.of(bytes("mget" + " k".repeat(1_024) + "\r\n")).error())
                .isNull();
    }

    @Test
    void a_request_is_bounded_as_a_whole_before_its_bytes_come() {
        RespLimits limits = LIMITS.withBytes(100, 200, 50);

        Outcome fits = Decoding.of(
                limits, true, bytes("*2\r\n$90\r\n" + "a".repeat(90) + "\r\n$92\r\n" + "b".repeat(92) + "\r\n"));
        Outcome exceeds = Decoding.of(limits, true, bytes("*2\r\n$90\r\n" + "a".repeat(90) + "\r\n$93\r\n"));

        assertThat(fits.error()).isNull();
        assertThat(exceeds.error()).isEqualTo("ERR Protocol error: too big request");
    }

    static Stream<String> corpus() {
        return Stream.concat(
                Stream.concat(Corpus.GOOD.stream(), Corpus.BAD.stream()),
                refused().map(arguments -> (String) arguments.get()[0]).filter(sent -> sent.length() < 1_000));
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void where_the_network_cuts_makes_no_difference(String sent) {
        byte[] bytes = bytes(sent);
        for (boolean authenticated : new boolean[] {true, false}) {
            Outcome whole = Decoding.of(LIMITS, authenticated, bytes);

            for (int first = 0; first <= bytes.length; first++) {
                assertThat(Decoding.cut(LIMITS, authenticated, bytes, first))
                        .as("cut at %d", first)
                        .isEqualTo(whole);
                for (int second = first; second <= Math.min(bytes.length, first + 12); second++) {
                    assertThat(Decoding.cut(LIMITS, authenticated, bytes, first, second))
                            .as("cut at %d and %d", first, second)
                            .isEqualTo(whole);
                }
            }
            int[] everywhere = IntStream.range(0, bytes.length).toArray();
            assertThat(Decoding.cut(LIMITS, authenticated, bytes, everywhere))
                    .as("byte by byte")
                    .isEqualTo(whole);
        }
    }

    @Test
    void what_is_written_as_a_request_is_read_as_one() {
        long seed = 42;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<List<String>> requests = new ArrayList<>();
            StringBuilder sent = new StringBuilder();
            for (int i = random.nextInt(5); i >= 0; i--) {
                List<String> request = new ArrayList<>();
                for (int j = random.nextInt(20); j >= 0; j--) {
                    request.add(text(random, random.nextInt(100) == 0 ? 5_000 : random.nextInt(40)));
                }
                requests.add(request);
                sent.append('*').append(request.size()).append("\r\n");
                request.forEach(a -> sent.append('$')
                        .append(a.length())
                        .append("\r\n")
                        .append(a)
                        .append("\r\n"));
            }
            byte[] bytes = bytes(sent.toString());
            int[] cuts =
                    random.ints(random.nextInt(6), 0, bytes.length).sorted().toArray();

            assertThat(Decoding.cut(LIMITS, true, bytes, cuts))
                    .as("seed %d, round %d, cuts %s", seed, round, Arrays.toString(cuts))
                    .isEqualTo(new Outcome(requests, null));
        }
    }

    private static String text(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) random.nextInt(256));
        }
        return text.toString();
    }

    @Test
    void a_request_is_looked_at_without_copies() throws RespProtocolException {
        try (RequestDecoder decoder = new RequestDecoder(LIMITS, true)) {
            decoder.feed(Unpooled.wrappedBuffer(bytes("*2\r\n$3\r\ngEt\r\n$3\r\nK\377y\r\n")));

            Request request = requireNonNull(decoder.next());
            assertThat(request.count()).isEqualTo(2);
            assertThat(request.is(0, "GET")).isTrue();
            assertThat(request.is(0, "SET")).isFalse();
            assertThat(request.is(0, "GETS")).isFalse();
            assertThat(request.hashIgnoringCase(0)).isEqualTo(Arrays.hashCode(bytes("GET")));
            assertThat(request.hash(1)).isEqualTo(Arrays.hashCode(bytes("K\377y")));
            assertThat(request.sameBytes(1, bytes("K\377y"))).isTrue();
            assertThat(request.sameBytes(1, bytes("K\376y"))).isFalse();
            assertThat(request.sameBytes(1, bytes("K\377"))).isFalse();
            assertThat(request.byteAt(1, 1)).isEqualTo((byte) 0xFF);
            assertThat(request.text(0)).isEqualTo("gEt");
            assertThat(request).hasToString("Request[2 arguments]");
            assertThatThrownBy(() -> request.bytes(2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> request.length(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> request.byteAt(0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void who_asks_may_stop_between_two_requests_and_feed_more() throws RespProtocolException {
        byte[] ping = bytes("*1\r\n$4\r\nPING\r\n");
        try (RequestDecoder decoder = new RequestDecoder(LIMITS, true)) {
            decoder.feed(Unpooled.copiedBuffer(ping, ping));
            assertThat(decoder.next()).isNotNull();

            decoder.feed(Unpooled.copiedBuffer(ping));

            assertThat(decoder.isMidRequest()).isTrue();
            assertThat(decoder.next()).isNotNull();
            assertThat(decoder.next()).isNotNull();
            assertThat(decoder.next()).isNull();
            assertThat(decoder.isMidRequest()).isFalse();
            assertThat(decoder.heldBytes()).isZero();
        }
    }

    @Test
    void buffers_that_may_not_be_written_are_not() throws RespProtocolException {
        byte[] sent = bytes("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n");
        for (int cut = 1; cut < sent.length; cut++) {
            ByteBuf readOnly = Unpooled.copiedBuffer(sent, 0, cut).asReadOnly();
            ByteBuf shared = Unpooled.buffer(64).writeBytes(sent, 0, cut);
            for (ByteBuf first : List.of(readOnly, shared.retainedDuplicate())) {
                try (RequestDecoder decoder = new RequestDecoder(LIMITS, true)) {
                    decoder.feed(first);
                    assertThat(decoder.next()).isNull();
                    decoder.feed(Unpooled.copiedBuffer(sent, cut, sent.length - cut));

                    Request request = requireNonNull(decoder.next());
                    assertThat(request.text(1)).isEqualTo("hello");
                }
            }
            assertThat(shared.getByte(cut)).isZero();
            assertThat(shared.refCnt()).isEqualTo(1);
            shared.release();
        }
    }

    @Test
    void a_closed_decoder_releases_what_it_is_fed() throws RespProtocolException {
        RequestDecoder decoder = new RequestDecoder(LIMITS, true);
        decoder.close();
        ByteBuf bytes = Unpooled.copiedBuffer(bytes("PING\r\n"));

        decoder.feed(bytes);

        assertThat(bytes.refCnt()).isZero();
        assertThat(decoder.next()).isNull();
        assertThat(decoder.isClosed()).isTrue();
    }
}
