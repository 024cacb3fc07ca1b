package io.tiercel.sidecar.resp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ByteProcessor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the requests in the bytes of one connection: arrays of bulk strings, and lines of words. It is asked for them,
 * and does not push them: whoever asks may answer one before it wants the next, stop when too many are unanswered, and
 * let an AUTH change what the request behind it may be.
 *
 * <pre>{@code
 * decoder.feed(bytes);
 * try {
 *     for (Request request = decoder.next(); request != null; request = decoder.next()) {
 *         answer(request);
 *     }
 * } catch (RespProtocolException e) {
 *     Reply.error(out, e.reply());
 *     // stop reading, write what is owed, close
 * }
 * }</pre>
 *
 * <p>What it holds is what has arrived of one request and at most one read more. A header reserves nothing: {@code
 * *131072} costs an int until the arguments come. Each byte is looked at once, however the network cut it, apart from a
 * header's few digits; the bytes of an argument are skipped over and copied only when they came in several reads. The
 * buffer that a read filled is used as it is when it holds whole requests, and what is left over moves to a small one,
 * so that a thousand clients who stop after one byte do not hold a thousand receive buffers.
 *
 * <p>After the first error, nothing is decoded any more: {@link #next} gives null and {@link #feed} drops what it gets.
 *
 * <p>Stricter than Redis 7, on purpose:
 * <ul>
 *   <li>a line of an array ends with CR LF, and a bulk string is followed by CR LF; Redis skips two bytes unseen;
 *   <li>a number has at most 10 digits, so that {@code *-99999999999} is no number, and a wrong digit is refused when it
 *       comes, where Redis waits up to 64 KiB for the line to end: {@code too big mbulk count string} is never said;
 *   <li>{@link RespLimits} bounds arguments and bytes; Redis closes without a word at its limit of 1 GB;
 *   <li>an inline request holds no NUL, behind which Redis sees no end of the line and waits, and before authentication it is as bounded as
 *       an array is;
 *   <li>{@code POST} and {@code Host:}, what a browser sends that was lured here, are answered with an error before the
 *       connection is closed; Redis only closes it.
 * </ul>
 *
 * <p>For the connection's event loop only.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/#sending-commands-to-a-redis-server">The
 *     specification: sending commands to a server, inline commands</a>
 */
public final class RequestDecoder implements AutoCloseable {
    private static final int MOST_DIGITS = 10;
    private static final int LONGEST_WIDE_NAME = 32;
    private static final int UNKNOWN = -1;
    private static final long INCOMPLETE = Long.MIN_VALUE;

    /** A buffer of this size is not worth replacing by a smaller one. */
    private static final int SMALL = 256;

    private static final String COUNT = "invalid multibulk length";
    private static final String LENGTH = "invalid bulk length";

    private final RespLimits limits;
    private final Request request = new Request();
    private boolean authenticated;
    private boolean closed;

    /** What has arrived and was not given out; its reader index is where the request under way begins. */
    private @Nullable ByteBuf held;

    /** How far that request has been read, from its beginning. */
    private int at;

    /** How many arguments its header announced, 0 while that is unknown. */
    private int expected;

    /** The length of the argument under way, or {@link #UNKNOWN}. */
    private int bulk = UNKNOWN;

    /** Behind the last line that {@link #number} read. */
    private int lineEnd;

    /**
     * A decoder for a new connection.
     *
     * @param authenticated whether the client may send large requests already, because no password is asked for
     */
    public RequestDecoder(RespLimits limits, boolean authenticated) {
        this.limits = requireNonNull(limits, "limits");
        this.authenticated = authenticated;
    }

    /** Says whether the client has authenticated, from the next header on; call it between two requests. */
    public void authenticated(boolean authenticated) {
        this.authenticated = authenticated;
    }

    /**
     * Takes bytes and the duty to release them. Ends the life of the request that was last given out. To hold no more
     * than the limits say, ask {@link #next} until it gives null before feeding more.
     */
    public void feed(ByteBuf bytes) {
        if (at == 0) {
            request.clear();
        }
        if (closed || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        ByteBuf before = held;
        if (before == null) {
            held = bytes;
            return;
        }
        if (!before.isReadable()) {
            before.release();
            held = bytes;
            return;
        }
        try {
            held = withRoomFor(before, bytes.readableBytes()).writeBytes(bytes);
        } finally {
            bytes.release();
        }
    }

    private static ByteBuf withRoomFor(ByteBuf before, int more) {
        if (before.writableBytes() >= more && before.refCnt() == 1 && !before.isReadOnly()) {
            return before;
        }
        int needed = Math.addExact(before.readableBytes(), more);
        int capacity = before.alloc().calculateNewCapacity(needed, Integer.MAX_VALUE);
        return moved(before, capacity);
    }

    private static ByteBuf moved(ByteBuf before, int capacity) {
        // When there is no memory for the larger one, the old one stays ours, and close() releases it.
        ByteBuf after = before.alloc().buffer(capacity);
        after.writeBytes(before, before.readerIndex(), before.readableBytes());
        before.release();
        return after;
    }

    /**
     * The next request, or null when no whole one has arrived. Ends the life of the one before.
     *
     * @throws RespProtocolException once, when the bytes are no request or exceed a limit; everything held is released
     */
    public @Nullable Request next() throws RespProtocolException {
        ByteBuf in = held;
        if (in == null) {
            return null;
        }
        try {
            if (at == 0) {
                request.clear();
            }
            while (in.isReadable() && readOne(in)) {
                in.skipBytes(at);
                at = 0;
                expected = 0;
                // *0 and an empty line are no requests and get no answer.
                if (request.count() > 0) {
                    refuseWebPages();
                    return request;
                }
                request.clear();
            }
        } catch (RespProtocolException e) {
            close();
            throw e;
        }
        held = leftOver(in);
        return null;
    }

    private static @Nullable ByteBuf leftOver(ByteBuf in) {
        int pending = in.readableBytes();
        if (pending == 0) {
            in.release();
            return null;
        }
        // Growth by doubling leaves more than half in use, so that bytes which drip in are not moved for each.
        return in.capacity() > SMALL && pending < in.capacity() / 2 ? moved(in, pending) : in;
    }

    private boolean readOne(ByteBuf in) throws RespProtocolException {
        return in.getByte(in.readerIndex()) == '*' ? array(in) : inline(in);
    }

    private boolean array(ByteBuf in) throws RespProtocolException {
        int start = in.readerIndex();
        if (expected == 0) {
            long count = number(in, start + 1, COUNT);
            if (count == INCOMPLETE) {
                return false;
            }
            checkCount(count);
            at = lineEnd - start;
            if (count <= 0) {
                return true;
            }
            expected = (int) count;
        }
        while (request.count() < expected) {
            if (!argument(in, start)) {
                return false;
            }
            if (request.count() == 1 && expected > limits.arguments()) {
                request.view(in, start);
                checkWide();
            }
        }
        request.view(in, start);
        return true;
    }

    private boolean argument(ByteBuf in, int start) throws RespProtocolException {
        int end = in.writerIndex();
        if (bulk == UNKNOWN) {
            int header = start + at;
            if (header == end) {
                return false;
            }
            char type = (char) (in.getByte(header) & 0xFF);
            if (type != '$') {
                throw new RespProtocolException("expected '$', got '" + type + "'");
            }
            long length = number(in, header + 1, LENGTH);
            if (length == INCOMPLETE) {
                return false;
            }
            at = lineEnd - start;
            checkLength(length);
            bulk = (int) length;
        }
        int bytes = start + at;
        if (end - bytes < bulk + 2) {
            return false;
        }
        if (in.getByte(bytes + bulk) != '\r' || in.getByte(bytes + bulk + 1) != '\n') {
            throw new RespProtocolException("expected CRLF after a bulk string");
        }
        request.add(at, bulk);
        at += bulk + 2;
        bulk = UNKNOWN;
        return true;
    }

    private void checkCount(long count) throws RespProtocolException {
        if (count > limits.wideArguments()) {
            throw new RespProtocolException(COUNT);
        }
        if (!authenticated && count > limits.unauthenticatedArguments()) {
            throw new RespProtocolException("unauthenticated multibulk length");
        }
    }

    /** Only with the name is it known whether so many arguments are right; the header alone has cost nothing. */
    private void checkWide() throws RespProtocolException {
        boolean wide = request.length(0) <= LONGEST_WIDE_NAME
                && limits.wideCommands().contains(request.text(0).toUpperCase(Locale.ROOT));
        if (!wide) {
            throw new RespProtocolException(COUNT);
        }
    }

    private void checkLength(long length) throws RespProtocolException {
        if (length < 0 || length > limits.bulkBytes()) {
            throw new RespProtocolException(LENGTH);
        }
        if (!authenticated && length > limits.unauthenticatedBulkBytes()) {
            throw new RespProtocolException("unauthenticated bulk length");
        }
        if (at + length + 2 > limits.requestBytes()) {
            throw new RespProtocolException("too big request");
        }
    }

    /**
     * Reads a number and CR LF, as strict as {@code string2ll} of Redis: no plus, no zero in front, no minus zero.
     * {@link #INCOMPLETE} when the line has not ended; the line is then at most 12 bytes.
     */
    private long number(ByteBuf in, int from, String what) throws RespProtocolException {
        int end = in.writerIndex();
        boolean negative = from < end && in.getByte(from) == '-';
        int first = negative ? from + 1 : from;
        long value = 0;
        for (int i = first; i < end; i++) {
            byte b = in.getByte(i);
            if (b == '\r' && i > first) {
                if (i + 1 == end) {
                    return INCOMPLETE;
                }
                if (in.getByte(i + 1) != '\n') {
                    throw new RespProtocolException(what);
                }
                lineEnd = i + 2;
                return negative ? -value : value;
            }
            boolean zeroInFront = i > first && value == 0;
            boolean minusZero = negative && i == first && b == '0';
            if (b < '0' || b > '9' || i - first == MOST_DIGITS || zeroInFront || minusZero) {
                throw new RespProtocolException(what);
            }
            value = value * 10 + (b - '0');
        }
        return INCOMPLETE;
    }

    private boolean inline(ByteBuf in) throws RespProtocolException {
        int start = in.readerIndex();
        int end = in.writerIndex();
        int from = start + at;
        int feed = in.forEachByte(from, end - from, ByteProcessor.FIND_LF);
        int length = (feed < 0 ? end : feed) - start;
        if (length > longestLine()) {
            throw new RespProtocolException("too big inline request");
        }
        if (feed < 0) {
            at = length;
            return false;
        }
        // A line feed alone will do, as for Redis: netcat and printf send no more.
        boolean carriageReturn = length > 0 && in.getByte(feed - 1) == '\r';
        byte[] line = new byte[carriageReturn ? length - 1 : length];
        in.getBytes(start, line);
        InlineRequest.split(line, request);
        checkCount(request.count());
        // A copy, as quotes and escapes change it; nobody types fast enough to mind.
        request.view(Unpooled.wrappedBuffer(line), 0);
        if (request.count() > limits.arguments()) {
            checkWide();
        }
        at = length + 1;
        return true;
    }

    private int longestLine() {
        return authenticated ? limits.inlineBytes() : Math.min(limits.inlineBytes(), limits.unauthenticatedBulkBytes());
    }

    private void refuseWebPages() throws RespProtocolException {
        if (request.is(0, "POST") || request.is(0, "HOST:")) {
            throw new RespProtocolException("HTTP is not spoken here");
        }
    }

    /**
     * Bytes of memory held, which is what a budget over all connections is to count: the buffer's whole capacity, and
     * not only what arrived. The request last given out is part of it.
     */
    public int heldBytes() {
        return held == null ? 0 : held.capacity();
    }

    /**
     * Whether part of a request has arrived and the rest is awaited: what a deadline for slow senders is for. Ask it
     * when {@link #next} has given null.
     */
    public boolean isMidRequest() {
        return held != null && held.isReadable();
    }

    /** Whether nothing will be decoded any more, after an error or {@link #close}. */
    public boolean isClosed() {
        return closed;
    }

    /** Releases what is held. May be called again. */
    @Override
    public void close() {
        closed = true;
        request.clear();
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
