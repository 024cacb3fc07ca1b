package io.tiercel.sidecar.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Reads replies of both versions as a strict client would: anything that is not exactly right is an AssertionError. */
final class ReplyReader {
    /** A reply; text is Latin-1, one character a byte, where it may be any bytes. */
    sealed interface Node {}

    record Status(String text) implements Node {}

    record Failure(String text) implements Node {}

    record Int(long number) implements Node {}

    record Bulk(String bytes) implements Node {}

    /** {@code _}, {@code $-1} and {@code *-1} are told apart by their type. */
    record Nil(char type) implements Node {}

    record Bool(boolean value) implements Node {}

    record Real(double number) implements Node {}

    record Big(BigInteger number) implements Node {}

    record Verbatim(String format, String text) implements Node {}

    /** {@code *}, {@code ~}, {@code >} or {@code %}; of a map, keys and values in turn. */
    record Many(char type, List<Node> elements) implements Node {}

    private ReplyReader() {}

    /** The one reply that the buffer holds, to its last byte. */
    static Node readOnly(ByteBuf in) {
        Node reply = read(in);
        check(!in.isReadable(), "bytes behind the reply: " + in.toString(ISO_8859_1));
        return reply;
    }

    static Node read(ByteBuf in) {
        char type = (char) in.readByte();
        String line = line(in);
        return switch (type) {
            case '+' -> new Status(line);
            case '-' -> new Failure(line);
            case ':' -> new Int(number(line));
            case ',' -> new Real(real(line));
            case '(' -> new Big(new BigInteger(line));
            case '#' -> {
                check(line.equals("t") || line.equals("f"), "#" + line);
                yield new Bool(line.equals("t"));
            }
            case '_' -> {
                check(line.isEmpty(), "_" + line);
                yield new Nil('_');
            }
            case '$' -> line.equals("-1") ? new Nil('$') : new Bulk(bulk(in, line));
            case '=' -> {
                String text = bulk(in, line);
                check(text.length() >= 4 && text.charAt(3) == ':', text);
                yield new Verbatim(text.substring(0, 3), text.substring(4));
            }
            case '*' -> line.equals("-1") ? new Nil('*') : many(in, type, number(line));
            case '~', '>' -> many(in, type, number(line));
            case '%' -> many(in, type, 2 * number(line));
            default -> throw new AssertionError("no type: " + type);
        };
    }

    private static Node many(ByteBuf in, char type, long count) {
        check(count >= 0, type + "" + count);
        List<Node> elements = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            elements.add(read(in));
        }
        return new Many(type, elements);
    }

    private static String bulk(ByteBuf in, String length) {
        byte[] bytes = new byte[Math.toIntExact(number(length))];
        in.readBytes(bytes);
        check(in.readByte() == '\r' && in.readByte() == '\n', "a bulk string without its end");
        return new String(bytes, ISO_8859_1);
    }

    private static String line(ByteBuf in) {
        int end = in.bytesBefore((byte) '\r');
        check(end >= 0, "no line");
        String line = in.readCharSequence(end, UTF_8).toString();
        in.skipBytes(1);
        check(in.readByte() == '\n', "CR without LF");
        check(line.indexOf('\n') < 0, "LF without CR");
        return line;
    }

    private static long number(String line) {
        long number = Long.parseLong(line);
        check(Long.toString(number).equals(line), line);
        return number;
    }

    private static double real(String line) {
        return switch (line) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> {
                check(line.matches("-?\\d+(\\.\\d+)?(e[+-]\\d{2,3})?"), line);
                yield Double.parseDouble(line);
            }
        };
    }

    private static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
