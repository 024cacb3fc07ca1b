package io.tiercel.cache.tier.redis;

import io.netty.buffer.ByteBuf;

/**
 * Finds where a reply of a server ends, without making anything of it: whoever passes replies on needs no more. What has
 * been looked at is not looked at again, however the network cuts it.
 *
 * <p>An aggregate of n elements is n more values to come, a map 2n, an attribute 2n and the value that it belongs to; so
 * one counter does for any nesting.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">The specification of RESP</a>
 */
final class ReplyScanner {
    private static final int LONGEST_LINE = 64 * 1024;

    /** How many values are missing, 0 between replies. */
    private long missing;

    /** How much of the reply under way has been looked at. */
    private int seen;

    private byte type;

    /** What the first byte of the reply was that was last found or is under way. */
    byte type() {
        return type;
    }

    /** How many bytes the reply under way has so far, as far as it has been looked at. */
    int seen() {
        return seen;
    }

    /**
     * The length of the reply that begins at the reader index, or -1 if it is not complete yet.
     *
     * @throws IllegalStateException if these bytes are no reply
     */
    int scan(ByteBuf in) {
        int start = in.readerIndex();
        if (missing == 0) {
            if (!in.isReadable()) {
                return -1;
            }
            missing = 1;
            seen = 0;
            type = in.getByte(start);
        }
        while (missing > 0) {
            int at = start + seen;
            int lineEnd = lineEnd(in, at);
            if (lineEnd < 0) {
                return -1;
            }
            long next = valueAt(in, at, lineEnd);
            if (next < 0) {
                return -1;
            }
        }
        int length = seen;
        seen = 0;
        return length;
    }

    private long valueAt(ByteBuf in, int at, int lineEnd) {
        int after = lineEnd + 2 - in.readerIndex();
        switch (in.getByte(at)) {
            case '+', '-', ':', '_', ',', '#', '(' -> missing--;
            case '$', '=', '!' -> {
                long length = number(in, at + 1, lineEnd);
                if (length >= 0) {
                    long end = after + length + 2;
                    if (end > in.readableBytes()) {
                        return -1;
                    }
                    after = (int) end;
                }
                missing--;
            }
            case '*', '~', '>' -> missing += Math.max(0, number(in, at + 1, lineEnd)) - 1;
            case '%' -> missing += 2 * Math.max(0, number(in, at + 1, lineEnd)) - 1;
            case '|' -> missing += 2 * Math.max(0, number(in, at + 1, lineEnd));
            default -> throw new IllegalStateException("no reply begins with byte " + in.getByte(at));
        }
        seen = after;
        return after;
    }

    /** Where CR LF is, or -1. */
    private static int lineEnd(ByteBuf in, int at) {
        int end = in.writerIndex();
        if (at >= end) {
            return -1;
        }
        int cr = in.indexOf(at, end, (byte) '\r');
        if (cr < 0 && end - at > LONGEST_LINE) {
            throw new IllegalStateException("a line of a reply has no end");
        }
        return cr < 0 || cr + 1 >= end ? -1 : cr;
    }

    private static long number(ByteBuf in, int from, int to) {
        long number = 0;
        boolean negative = from < to && in.getByte(from) == '-';
        int first = negative ? from + 1 : from;
        if (first >= to || to - first > 10) {
            throw new IllegalStateException("no length in a reply's header");
        }
        for (int i = first; i < to; i++) {
            int digit = in.getByte(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new IllegalStateException("no length in a reply's header");
            }
            number = number * 10 + digit;
        }
        return negative ? -number : number;
    }
}
