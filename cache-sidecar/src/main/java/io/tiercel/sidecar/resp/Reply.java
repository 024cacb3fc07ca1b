package io.tiercel.sidecar.resp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Writes replies, straight into the buffer that goes to the socket: no object stands for a reply. What a type of RESP3
 * becomes for a RESP2 client is what Redis 7 makes of it, so that a client sees no difference.
 *
 * <p>A reply of several parts is its header, which says how many follow, and then the parts. Whoever writes a header owes
 * exactly that many; for {@link #map} they are twice as many, a key and its value each.
 *
 * <p>Nothing that is written as a line can end it early: CR and LF in a status or an error become spaces, as in Redis.
 * Keys and values go out as bulk strings, which may hold any byte.
 *
 * <p>Each method appends, growing the buffer as needed; the thread is whichever owns the buffer.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">Redis serialization protocol
 *     specification</a>
 */
public final class Reply {
    /** Text in an error is cut here: it may quote a client, whose arguments are longer than any message. */
    static final int LONGEST_LINE = 1_024;

    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] PONG = ascii("+PONG\r\n");
    private static final byte[] QUEUED = ascii("+QUEUED\r\n");
    private static final byte[] NULL = ascii("_\r\n");
    private static final byte[] NULL_BULK = ascii("$-1\r\n");
    private static final byte[] NULL_ARRAY = ascii("*-1\r\n");
    private static final byte[] TRUE = ascii("#t\r\n");
    private static final byte[] FALSE = ascii("#f\r\n");
    private static final byte[] LEAST_LONG = ascii("-9223372036854775808");

    private static final int CRLF = '\r' << 8 | '\n';

    private Reply() {}

    // ---- what most commands answer

    /** {@code +OK}. */
    public static void ok(ByteBuf out) {
        out.writeBytes(OK);
    }

    /** {@code +PONG}. */
    public static void pong(ByteBuf out) {
        out.writeBytes(PONG);
    }

    /** {@code +QUEUED}. */
    public static void queued(ByteBuf out) {
        out.writeBytes(QUEUED);
    }

    /** There is no such value: {@code $-1}, in RESP3 {@code _}. */
    public static void nil(ByteBuf out, Protocol protocol) {
        out.writeBytes(protocol == Protocol.RESP3 ? NULL : NULL_BULK);
    }

    /** There is no such list, as after an EXEC that was given up: {@code *-1}, in RESP3 {@code _}. */
    public static void nilArray(ByteBuf out, Protocol protocol) {
        out.writeBytes(protocol == Protocol.RESP3 ? NULL : NULL_ARRAY);
    }

    /** {@code :number}. */
    public static void integer(ByteBuf out, long number) {
        header(out, ':', number);
    }

    /** A bulk string of these bytes. */
    public static void bulk(ByteBuf out, byte[] bytes) {
        bulkHeader(out, bytes.length);
        out.writeBytes(bytes);
        bulkEnd(out);
    }

    /** A bulk string of a buffer's readable bytes, whose indexes stay as they are. */
    public static void bulk(ByteBuf out, ByteBuf bytes) {
        bulkHeader(out, bytes.readableBytes());
        out.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        bulkEnd(out);
    }

    /** A bulk string of an argument as the client sent it. */
    public static void bulk(ByteBuf out, Request request, int argument) {
        bulkHeader(out, request.length(argument));
        request.writeTo(argument, out);
        bulkEnd(out);
    }

    /** A bulk string of text, in UTF-8. */
    public static void bulk(ByteBuf out, String text) {
        bulkHeader(out, ByteBufUtil.utf8Bytes(text));
        out.writeCharSequence(text, UTF_8);
        bulkEnd(out);
    }

    /**
     * The beginning of a bulk string whose bytes the caller writes, or sends as a buffer of their own rather than copy a
     * large value; then comes {@link #bulkEnd}.
     *
     * @param length in bytes
     */
    public static void bulkHeader(ByteBuf out, int length) {
        header(out, '$', notNegative(length));
    }

    /** The end of a bulk string, after its bytes. */
    public static void bulkEnd(ByteBuf out) {
        out.writeShort(CRLF);
    }

    // ---- lines

    /** {@code +text}, for short words of our own; CR and LF become spaces. */
    public static void status(ByteBuf out, String text) {
        out.writeByte('+');
        line(out, text);
    }

    /**
     * {@code -text}, where the text begins with its code, as in {@code ERR no such key}; clients choose what to do by
     * that first word. CR and LF become spaces, and 1,024 characters are the most.
     *
     * @throws IllegalArgumentException if it does not begin with a capital letter, and so with no code
     */
    public static void error(ByteBuf out, String text) {
        if (text.isEmpty() || text.charAt(0) < 'A' || text.charAt(0) > 'Z') {
            throw new IllegalArgumentException("an error begins with its code, in capitals: '" + text + "'");
        }
        out.writeByte('-');
        line(out, text);
    }

    // ---- headers

    /** The header of an array, {@code *count}; its elements follow. */
    public static void array(ByteBuf out, int count) {
        header(out, '*', notNegative(count));
    }

    /** The header of a map of so many pairs: {@code %pairs}, in RESP2 an array of twice as many. */
    public static void map(ByteBuf out, Protocol protocol, int pairs) {
        notNegative(pairs);
        if (protocol == Protocol.RESP3) {
            header(out, '%', pairs);
        } else {
            header(out, '*', 2L * pairs);
        }
    }

    /** The header of a set, {@code ~count}, in RESP2 an array. */
    public static void set(ByteBuf out, Protocol protocol, int count) {
        header(out, protocol == Protocol.RESP3 ? '~' : '*', notNegative(count));
    }

    /**
     * The header of what was not asked for, {@code >count}. In RESP2 it is an array, which only a client that has
     * subscribed expects; to any other it would pass for the reply to its next command.
     */
    public static void push(ByteBuf out, Protocol protocol, int count) {
        header(out, protocol == Protocol.RESP3 ? '>' : '*', notNegative(count));
    }

    // ---- RESP3's own scalars

    /** {@code #t} or {@code #f}, in RESP2 {@code :1} or {@code :0}. */
    public static void bool(ByteBuf out, Protocol protocol, boolean value) {
        if (protocol == Protocol.RESP3) {
            out.writeBytes(value ? TRUE : FALSE);
        } else {
            integer(out, value ? 1 : 0);
        }
    }

    /**
     * {@code ,number}, in RESP2 a bulk string; {@code inf}, {@code -inf} and {@code nan} are as in Redis. The digits are
     * as few as read back as the same double, as in Redis from 7.2 on, where 7.0 writes 17.
     */
    public static void real(ByteBuf out, Protocol protocol, double number) {
        scalar(out, protocol, ',', text(number));
    }

    /** {@code (digits}, in RESP2 a bulk string. */
    public static void bigNumber(ByteBuf out, Protocol protocol, BigInteger number) {
        scalar(out, protocol, '(', number.toString());
    }

    /** Text for people: {@code =length}, {@code txt:} and the text in UTF-8; in RESP2 a bulk string without the mark. */
    public static void verbatim(ByteBuf out, Protocol protocol, String text) {
        if (protocol == Protocol.RESP2) {
            bulk(out, text);
            return;
        }
        header(out, '=', 4L + ByteBufUtil.utf8Bytes(text));
        out.writeCharSequence("txt:", US_ASCII);
        out.writeCharSequence(text, UTF_8);
        bulkEnd(out);
    }

    private static void scalar(ByteBuf out, Protocol protocol, char type, String text) {
        if (protocol == Protocol.RESP2) {
            bulk(out, text);
            return;
        }
        out.writeByte(type);
        out.writeCharSequence(text, US_ASCII);
        out.writeShort(CRLF);
    }

    /** As {@code %.17g} of C writes it, with the digits that Java finds enough. */
    private static String text(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0" : "0";
        }
        BigDecimal digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= -4 && exponent < 17) {
            return digits.toPlainString();
        }
        String unscaled = digits.unscaledValue().abs().toString();
        String fraction = unscaled.length() == 1 ? "" : "." + unscaled.substring(1);
        String sign = number < 0 ? "-" : "";
        String power = (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        return sign + unscaled.charAt(0) + fraction + "e" + power;
    }

    private static void line(ByteBuf out, String text) {
        String cut = text.length() > LONGEST_LINE ? text.substring(0, LONGEST_LINE) : text;
        out.writeCharSequence(cut.replace('\r', ' ').replace('\n', ' '), UTF_8);
        out.writeShort(CRLF);
    }

    private static void header(ByteBuf out, char type, long number) {
        out.writeByte(type);
        decimal(out, number);
        out.writeShort(CRLF);
    }

    /** The digits of a number, written from the last to the first into the place they will have. */
    private static void decimal(ByteBuf out, long number) {
        if (number >= 0 && number < 10) {
            out.writeByte('0' + (int) number);
            return;
        }
        if (number == Long.MIN_VALUE) {
            out.writeBytes(LEAST_LONG);
            return;
        }
        long rest = Math.abs(number);
        int length = digits(rest) + (number < 0 ? 1 : 0);
        out.ensureWritable(length);
        int start = out.writerIndex();
        int place = start + length;
        do {
            place--;
            out.setByte(place, '0' + (int) (rest % 10));
            rest /= 10;
        } while (rest != 0);
        if (number < 0) {
            out.setByte(start, '-');
        }
        out.writerIndex(start + length);
    }

    private static int digits(long positive) {
        int digits = 1;
        for (long rest = positive; rest >= 10; rest /= 10) {
            digits++;
        }
        return digits;
    }

    private static int notNegative(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("must not be negative: " + count);
        }
        return count;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
