package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Protocol.RESP2;
import static io.tiercel.sidecar.resp.Protocol.RESP3;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.ReplyReader.Big;
import io.tiercel.sidecar.resp.ReplyReader.Bool;
import io.tiercel.sidecar.resp.ReplyReader.Bulk;
import io.tiercel.sidecar.resp.ReplyReader.Failure;
import io.tiercel.sidecar.resp.ReplyReader.Int;
import io.tiercel.sidecar.resp.ReplyReader.Many;
import io.tiercel.sidecar.resp.ReplyReader.Nil;
import io.tiercel.sidecar.resp.ReplyReader.Node;
import io.tiercel.sidecar.resp.ReplyReader.Real;
import io.tiercel.sidecar.resp.ReplyReader.Status;
import io.tiercel.sidecar.resp.ReplyReader.Verbatim;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReplyTest {
    static Stream<Arguments> replies() {
        return Stream.of(
                reply("+OK\r\n", "+OK\r\n", (out, p) -> Reply.ok(out)),
                reply("+PONG\r\n", "+PONG\r\n", (out, p) -> Reply.pong(out)),
                reply("+QUEUED\r\n", "+QUEUED\r\n", (out, p) -> Reply.queued(out)),
                reply("+RESET\r\n", "+RESET\r\n", (out, p) -> Reply.status(out, "RESET")),
                reply("$-1\r\n", "_\r\n", Reply::nil),
                reply("*-1\r\n", "_\r\n", Reply::nilArray),
                reply(":0\r\n", ":0\r\n", (out, p) -> Reply.integer(out, 0)),
                reply("$0\r\n\r\n", "$0\r\n\r\n", (out, p) -> Reply.bulk(out, new byte[0])),
                reply("$2\r\n\r\n\r\n", "$2\r\n\r\n\r\n", (out, p) -> Reply.bulk(out, "\r\n")),
                reply("$3\r\n\u20AC\r\n", "$3\r\n\u20AC\r\n", (out, p) -> Reply.bulk(out, "\u20AC")),
                reply("-ERR no such key\r\n", "-ERR no such key\r\n", (out, p) -> Reply.error(out, "ERR no such key")),
                reply("*3\r\n", "*3\r\n", (out, p) -> Reply.array(out, 3)),
                reply("*0\r\n", "*0\r\n", (out, p) -> Reply.array(out, 0)),
                reply("*14\r\n", "%7\r\n", (out, p) -> Reply.map(out, p, 7)),
                reply("*4294967294\r\n", "%2147483647\r\n", (out, p) -> Reply.map(out, p, Integer.MAX_VALUE)),
                reply("*2\r\n", "~2\r\n", (out, p) -> Reply.set(out, p, 2)),
                reply("*4\r\n", ">4\r\n", (out, p) -> Reply.push(out, p, 4)),
                reply(":1\r\n", "#t\r\n", (out, p) -> Reply.bool(out, p, true)),
                reply(":0\r\n", "#f\r\n", (out, p) -> Reply.bool(out, p, false)),
                reply("$5\r\n3.141\r\n", ",3.141\r\n", (out, p) -> Reply.real(out, p, 3.141)),
                reply("$3\r\ninf\r\n", ",inf\r\n", (out, p) -> Reply.real(out, p, Double.POSITIVE_INFINITY)),
                reply("$4\r\n-inf\r\n", ",-inf\r\n", (out, p) -> Reply.real(out, p, Double.NEGATIVE_INFINITY)),
                reply("$3\r\nnan\r\n", ",nan\r\n", (out, p) -> Reply.real(out, p, Double.NaN)),
                reply("$3\r\n-42\r\n", "(-42\r\n", (out, p) -> Reply.bigNumber(out, p, BigInteger.valueOf(-42))),
                reply("$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n", (out, p) -> Reply.verbatim(out, p, "a\nb")),
                reply("$2\r\n\u00E9\r\n", "=6\r\ntxt:\u00E9\r\n", (out, p) -> Reply.verbatim(out, p, "\u00E9")));
    }

    private static Arguments reply(String resp2, String resp3, BiConsumer<ByteBuf, Protocol> write) {
        return Arguments.of(resp2, resp3, write);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void a_reply_is_written_as_Redis_does(String resp2, String resp3, BiConsumer<ByteBuf, Protocol> write) {
        assertThat(written(out -> write.accept(out, RESP2))).isEqualTo(resp2);
        assertThat(written(out -> write.accept(out, RESP3))).isEqualTo(resp3);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                9,
                10,
                11,
                99,
                100,
                101,
                999_999,
                1_000_000,
                -1,
                -9,
                -10,
                -100,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                Long.MIN_VALUE + 1,
                Integer.MIN_VALUE
            })
    void integers_have_all_their_digits(long number) {
        assertThat(written(out -> Reply.integer(out, number))).isEqualTo(":" + number + "\r\n");
    }

    static Stream<Arguments> doubles() {
        return Stream.of(
                Arguments.of(0.0, "0"),
                Arguments.of(-0.0, "-0"),
                Arguments.of(1.0, "1"),
                Arguments.of(-1.5, "-1.5"),
                Arguments.of(100.0, "100"),
                Arguments.of(0.1, "0.1"),
                Arguments.of(1e-4, "0.0001"),
                Arguments.of(1.5e-5, "1.5e-05"),
                Arguments.of(1e16, "10000000000000000"),
                Arguments.of(1e17, "1e+17"),
                Arguments.of(-1.25e100, "-1.25e+100"),
                Arguments.of(Double.MAX_VALUE, "1.7976931348623157e+308"),
                Arguments.of(Double.MIN_VALUE, "4.9e-324"));
    }

    @ParameterizedTest
    @MethodSource("doubles")
    void doubles_are_in_the_notation_of_C(double number, String text) {
        assertThat(written(out -> Reply.real(out, RESP3, number))).isEqualTo("," + text + "\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERR a\r\n+OK",
                "ERR unknown command 'x\r\n$3\r\nfoo\r\n'",
                "ERR \n",
                "ERR \r",
                "ERR \u010D\u010A\u560D\u560A",
                "ERR \0"
            })
    void no_error_or_status_can_end_its_line(String text) {
        ByteBuf out = Unpooled.buffer();
        Reply.error(out, text);
        Reply.status(out, text);

        assertThat(ReplyReader.read(out)).isEqualTo(new Failure(text.replaceAll("[\r\n]", " ")));
        assertThat(ReplyReader.readOnly(out)).isEqualTo(new Status(text.replaceAll("[\r\n]", " ")));
    }

    @Test
    void the_text_of_an_error_is_bounded() {
        String error = written(out -> Reply.error(out, "ERR " + "x".repeat(1_000_000)));

        assertThat(error).hasSize(1 + Reply.LONGEST_LINE + 2);
    }

    @Test
    void mistakes_of_ours_are_not_sent() {
        ByteBuf out = Unpooled.buffer();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reply.error(out, "oops"))
                .withMessage("an error begins with its code, in capitals: 'oops'");
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.error(out, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.array(out, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.map(out, RESP3, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.set(out, RESP3, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.push(out, RESP3, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.bulkHeader(out, -1));
        assertThat(out.readableBytes()).isZero();
    }

    @Test
    void bulk_strings_come_from_a_buffer_or_a_request_as_well() throws RespProtocolException {
        ByteBuf value = Unpooled.copiedBuffer("a\0\377", ISO_8859_1);
        try (RequestDecoder decoder = new RequestDecoder(RespLimits.defaults(), true)) {
            decoder.feed(Unpooled.copiedBuffer("ECHO \"a\\x00\\xff\"\r\n", ISO_8859_1));
            Request request = requireNonNull(decoder.next());
            ByteBuf out = Unpooled.buffer();

            Reply.bulk(out, value);
            Reply.bulk(out, request, 1);

            assertThat(value.readableBytes()).isEqualTo(3);
            assertThat(ReplyReader.read(out)).isEqualTo(new Bulk("a\0\377"));
            assertThat(ReplyReader.readOnly(out)).isEqualTo(new Bulk("a\0\377"));
        }
    }

    @Test
    void whatever_is_written_a_client_reads() {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            Protocol protocol = random.nextBoolean() ? RESP2 : RESP3;
            ByteBuf out = Unpooled.buffer();

            Node written = write(random, out, protocol, 0);

            assertThat(ReplyReader.readOnly(out))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(written);
        }
    }

    /** Writes something and says what a client must make of it. */
    private static Node write(Random random, ByteBuf out, Protocol protocol, int depth) {
        boolean three = protocol == RESP3;
        switch (random.nextInt(depth > 3 ? 9 : 13)) {
            case 0 -> {
                long number = random.nextLong() >> random.nextInt(64);
                Reply.integer(out, number);
                return new Int(number);
            }
            case 1 -> {
                byte[] bytes = new byte[random.nextInt(50)];
                random.nextBytes(bytes);
                Reply.bulk(out, bytes);
                return new Bulk(new String(bytes, ISO_8859_1));
            }
            case 2 -> {
                Reply.nil(out, protocol);
                return new Nil(three ? '_' : '$');
            }
            case 3 -> {
                Reply.nilArray(out, protocol);
                return new Nil(three ? '_' : '*');
            }
            case 4 -> {
                boolean value = random.nextBoolean();
                Reply.bool(out, protocol, value);
                return three ? new Bool(value) : new Int(value ? 1 : 0);
            }
            case 5 -> {
                double number = Double.longBitsToDouble(random.nextLong());
                Reply.real(out, protocol, number);
                if (three) {
                    return new Real(number);
                }
                ByteBuf text = Unpooled.buffer();
                Reply.real(text, RESP3, number);
                return new Bulk(text.toString(1, text.readableBytes() - 3, UTF_8));
            }
            case 6 -> {
                BigInteger number = new BigInteger(random.nextInt(200), random);
                Reply.bigNumber(out, protocol, number);
                return three ? new Big(number) : new Bulk(number.toString());
            }
            case 7 -> {
                Reply.verbatim(out, protocol, "some\r\ntext");
                return three ? new Verbatim("txt", "some\r\ntext") : new Bulk("some\r\ntext");
            }
            case 8 -> {
                int number = random.nextInt();
                Reply.error(out, "ERR\n" + number);
                return new Failure("ERR " + number);
            }
            default -> {
                return many(random, out, protocol, depth);
            }
        }
    }

    private static Node many(Random random, ByteBuf out, Protocol protocol, int depth) {
        int count = random.nextInt(5);
        boolean three = protocol == RESP3;
        char type;
        int elements = count;
        switch (random.nextInt(4)) {
            case 0 -> {
                Reply.array(out, count);
                type = '*';
            }
            case 1 -> {
                Reply.set(out, protocol, count);
                type = three ? '~' : '*';
            }
            case 2 -> {
                Reply.push(out, protocol, count);
                type = three ? '>' : '*';
            }
            default -> {
                Reply.map(out, protocol, count);
                type = three ? '%' : '*';
                elements = 2 * count;
            }
        }
        List<Node> written = new ArrayList<>();
        for (int i = 0; i < elements; i++) {
            written.add(write(random, out, protocol, depth + 1));
        }
        return new Many(type, written);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+OK",
                "+OK\rx",
                "$3\r\nabcd\r\n",
                ":01\r\n",
                "#x\r\n",
                "_x\r\n",
                "*2\r\n:1\r\n",
                "?\r\n",
                ",1e5\r\n"
            })
    void the_reader_of_these_tests_is_strict(String bytes) {
        assertThatThrownBy(() -> ReplyReader.readOnly(Unpooled.copiedBuffer(bytes, ISO_8859_1)))
                .isInstanceOfAny(AssertionError.class, IndexOutOfBoundsException.class);
    }

    private static String written(Consumer<ByteBuf> write) {
        // As small as can be, so that growth is exercised.
        ByteBuf out = Unpooled.buffer(1);
        write.accept(out);
        return out.toString(UTF_8);
    }
}
