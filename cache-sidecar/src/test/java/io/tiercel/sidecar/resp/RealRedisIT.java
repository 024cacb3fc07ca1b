package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Corpus.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same bytes to a real redis-server and to the decoder in a channel: both answer as often, and refuse alike. */
final class RealRedisIT {
    private static final String REFUSAL = "-ERR Protocol error";

    private static @Nullable RedisServer server;

    /** How often a connection was answered before its end, and with which protocol error it ended, if with one. */
    private record Conversation(int answers, @Nullable String error) {}

    @BeforeAll
    static void start() {
        server = RedisServer.start(RedisOptions.of(1, 0).withConfigLines("enable-debug-command yes"));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    static Stream<String> corpus() {
        Stream<String> huge = Stream.of(
                "*2147483647x\r\n",
                "*4294967296\r\n",
                "*1\r\n$2147483648\r\n",
                "*1\r\n$9999999999\r\n",
                "*1\r\n".repeat(1_000),
                "A".repeat(65_600),
                "PING\r\n*0\r\n\r\nPING\r\n*x\r\nPING\r\n");
        return Stream.concat(Stream.concat(Corpus.GOOD.stream(), Corpus.BAD.stream()), huge);
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void both_answer_as_often_and_refuse_in_the_same_words(String sent) throws IOException {
        assertThat(ours(sent)).isEqualTo(redis(sent));
    }

    /** The differences that {@link RequestDecoder} lists, each with what Redis makes of it. */
    static Stream<Arguments> differences() {
        String length = REFUSAL + ": invalid multibulk length";
        return Stream.of(
                // CR without LF, and a bulk string that is longer than it says: Redis skips two bytes, whichever.
                differs("*1\rx$4\r\nPING\r\n", 1, null, length),
                differs("*1\r\n$4\r\nPINGxx", 1, null, REFUSAL + ": expected CRLF after a bulk string"),
                // So one request becomes three, which is how commands are smuggled past whoever counts otherwise.
                differs(
                        "*2\r\n$3\r\nGET\r\n$1\r\nab\r\n$1\r\nx\r\n",
                        3,
                        null,
                        REFUSAL + ": expected CRLF after a bulk string"),
                // More than 10 digits, and a line that has not ended.
                differs("*-99999999999\r\n", 0, null, length),
                differs("*x", 0, null, length),
                differs("*" + "9".repeat(65_600), 0, REFUSAL + ": too big mbulk count string", length),
                differs(
                        "*1\r\n$" + "9".repeat(65_600),
                        0,
                        REFUSAL + ": too big bulk count string",
                        REFUSAL + ": invalid bulk length"),
                // What Redis thinks reasonable to wait for.
                differs("*2147483647\r\n", 0, null, length),
                differs("*50000000\r\n", 0, null, length),
                differs("*1\r\n$536870912\r\n", 0, null, REFUSAL + ": invalid bulk length"),
                differs("A".repeat(9_000) + "\r\n", 1, null, REFUSAL + ": too big inline request"),
                // Redis sees no end of the line behind the NUL, and waits.
                differs("PING\0 hello\r\n", 0, null, REFUSAL + ": NUL in inline request"),
                // Redis closes and says nothing.
                differs("POST / HTTP/1.1\r\nHost: x\r\n\r\n", 0, null, REFUSAL + ": HTTP is not spoken here"));
    }

    private static Arguments differs(String sent, int answers, @Nullable String redis, String ours) {
        return Arguments.of(sent, answers, redis, ours);
    }

    @ParameterizedTest
    @MethodSource("differences")
    void differences_are_the_ones_that_are_documented(String sent, int answers, @Nullable String redis, String ours)
            throws IOException {
        assertThat(redis(sent)).isEqualTo(new Conversation(answers, redis));
        assertThat(ours(sent)).isEqualTo(new Conversation(0, ours));
    }

    @Test
    void replies_of_both_versions_are_those_of_Redis() throws IOException {
        // DEBUG PROTOCOL answers with one reply of each type.
        for (Protocol protocol : Protocol.values()) {
            String hello = protocol == Protocol.RESP3 ? "HELLO 3\r\n" : "HELLO 2\r\n";
            for (String type : List.of("null", "true", "false", "map", "set", "array", "integer", "string")) {
                String all = exchange(hello + "DEBUG PROTOCOL " + type + "\r\n");
                String greeting = exchange(hello);

                assertThat(withoutId(all)).isEqualTo(withoutId(greeting) + written(protocol, type));
            }
        }
    }

    /** Each connection has another id. */
    private static String withoutId(String hello) {
        return hello.replaceFirst("(\\$2\r\nid\r\n:)\\d+", "$1");
    }

    private static String written(Protocol protocol, String type) {
        ByteBuf out = Unpooled.buffer();
        switch (type) {
            case "null" -> Reply.nil(out, protocol);
            case "true" -> Reply.bool(out, protocol, true);
            case "false" -> Reply.bool(out, protocol, false);
            case "integer" -> Reply.integer(out, 12_345);
            case "string" -> Reply.bulk(out, "Hello World");
            case "array" -> {
                Reply.array(out, 3);
                for (int i = 0; i < 3; i++) {
                    Reply.integer(out, i);
                }
            }
            case "set" -> {
                Reply.set(out, protocol, 3);
                for (int i = 0; i < 3; i++) {
                    Reply.integer(out, i);
                }
            }
            case "map" -> {
                Reply.map(out, protocol, 3);
                for (int i = 0; i < 3; i++) {
                    Reply.integer(out, i);
                    Reply.bool(out, protocol, i == 1);
                }
            }
            default -> throw new AssertionError(type);
        }
        return out.toString(ISO_8859_1);
    }

    private static Conversation redis(String sent) throws IOException {
        return conversation(exchange(sent));
    }

    /** Sends all, says that there is no more, and reads to the end. */
    private static String exchange(String sent) throws IOException {
        RedisServer redis = server;
        if (redis == null) {
            throw new AssertionError("no server");
        }
        try (Socket socket = new Socket(redis.host(), redis.port())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(bytes(sent));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    private static Conversation ours(String sent) {
        EmbeddedChannel channel = new EmbeddedChannel(new DecodingHandler(RespLimits.defaults(), true));
        channel.writeInbound(Unpooled.copiedBuffer(bytes(sent)));
        channel.checkException();
        StringBuilder answers = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            answers.append(out.toString(US_ASCII));
            out.release();
        }
        channel.finishAndReleaseAll();
        return conversation(answers.toString());
    }

    private static Conversation conversation(String replies) {
        ByteBuf in = Unpooled.copiedBuffer(bytes(replies));
        int answers = 0;
        while (in.isReadable()) {
            if (ReplyReader.read(in) instanceof ReplyReader.Failure failure
                    && ("-" + failure.text()).startsWith(REFUSAL)) {
                assertThat(in.isReadable()).as("anything after the refusal").isFalse();
                return new Conversation(answers, "-" + failure.text());
            }
            answers++;
        }
        return new Conversation(answers, null);
    }
}
