package io.tiercel.sidecar.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Objects;

/**
 * One command with its arguments: a view of the bytes as they were received, valid until the decoder that gave it is
 * called again. What must live longer is copied out with {@link #bytes} or {@link #writeTo}.
 *
 * <p>A request is two columns of ints, where each argument begins and how long it is, and there is one {@code Request}
 * per connection, used again and again: a GET makes no object. Looking a key up need not make one either. {@link #hash}
 * and {@link #sameBytes} are the {@code hashCode} and {@code equals} of a probe, an object kept by the connection that is
 * pointed at argument 1 and asked of the map in place of a key; {@link #hashIgnoringCase} and {@link #is} find the
 * command the same way. Keys are bytes and not text, so a copy is only made of a key that is to be stored or sent on,
 * and then one copy, straight from the socket's buffer.
 *
 * <p>For the connection's event loop only.
 */
public final class Request {
    /** Columns that one large request made are not kept for the small ones after it. */
    private static final int KEPT = 1_024;

    private static final int SMALLEST = 16;

    private ByteBuf source = Unpooled.EMPTY_BUFFER;
    private int base;
    private int count;
    private int[] offsets = new int[SMALLEST];
    private int[] lengths = new int[SMALLEST];

    Request() {}

    /** A request without arguments, for who needs one before the first has come. */
    public static Request none() {
        return new Request();
    }

    /** Forgets everything; the columns grow with what arrives, never with what a header says will. */
    void clear() {
        source = Unpooled.EMPTY_BUFFER;
        base = 0;
        count = 0;
        if (offsets.length > KEPT) {
            offsets = new int[SMALLEST];
            lengths = new int[SMALLEST];
        }
    }

    /** Adds the argument at an offset from the request's beginning, which {@link #view} will name. */
    void add(int offset, int length) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    /** Says where the request begins. Until then the buffer may be replaced by a larger one. */
    void view(ByteBuf source, int base) {
        this.source = source;
        this.base = base;
    }

    /** How many arguments there are, the command's name included: at least 1. */
    public int count() {
        return count;
    }

    /**
     * Bytes of an argument; argument 0 is the command's name.
     *
     * @throws IndexOutOfBoundsException if there is no such argument, as do all methods here that take one
     */
    public int length(int argument) {
        return lengths[Objects.checkIndex(argument, count)];
    }

    /** One byte of an argument. */
    public byte byteAt(int argument, int index) {
        return source.getByte(start(argument) + Objects.checkIndex(index, lengths[argument]));
    }

    /** A copy of an argument. */
    public byte[] bytes(int argument) {
        byte[] copy = new byte[length(argument)];
        source.getBytes(start(argument), copy);
        return copy;
    }

    /** Copies an argument into an array, from that position on. */
    public void copyTo(int argument, byte[] target, int at) {
        source.getBytes(start(argument), target, at, length(argument));
    }

    /** Appends an argument to a buffer. */
    public void writeTo(int argument, ByteBuf out) {
        out.writeBytes(source, start(argument), length(argument));
    }

    /**
     * An argument as UTF-8 text, for options, messages and logs. Not for keys: what is no UTF-8 becomes U+FFFD, so two
     * keys may be one text.
     */
    public String text(int argument) {
        return source.toString(start(argument), length(argument), UTF_8);
    }

    /** What {@link Arrays#hashCode(byte[])} gives for the argument's bytes. */
    public int hash(int argument) {
        int from = start(argument);
        int end = from + lengths[argument];
        int hash = 1;
        for (int i = from; i < end; i++) {
            hash = 31 * hash + source.getByte(i);
        }
        return hash;
    }

    /** What {@link #hash} would give with the letters a to z in capitals. */
    public int hashIgnoringCase(int argument) {
        int from = start(argument);
        int end = from + lengths[argument];
        int hash = 1;
        for (int i = from; i < end; i++) {
            hash = 31 * hash + capital(source.getByte(i));
        }
        return hash;
    }

    /** Whether an argument is exactly these bytes. */
    public boolean sameBytes(int argument, byte[] bytes) {
        if (length(argument) != bytes.length) {
            return false;
        }
        int from = start(argument);
        for (int i = 0; i < bytes.length; i++) {
            if (source.getByte(from + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether an argument is this word, given in ASCII capitals, whichever case the client wrote it in. */
    public boolean is(int argument, String capitals) {
        if (length(argument) != capitals.length()) {
            return false;
        }
        int from = start(argument);
        for (int i = 0; i < capitals.length(); i++) {
            if (capital(source.getByte(from + i)) != capitals.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** How many arguments there is room for. */
    int columns() {
        return offsets.length;
    }

    private int start(int argument) {
        return base + offsets[Objects.checkIndex(argument, count)];
    }

    private static byte capital(byte b) {
        return b >= 'a' && b <= 'z' ? (byte) (b - 'a' + 'A') : b;
    }

    /** Names no argument: they hold keys, values and passwords. */
    @Override
    public String toString() {
        return "Request[" + count + " arguments]";
    }
}
