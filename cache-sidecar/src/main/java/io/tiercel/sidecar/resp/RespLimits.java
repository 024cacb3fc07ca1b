package io.tiercel.sidecar.resp;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.Set;

/**
 * How much a client may send in one request. Redis' own limits (2,147,483,647 arguments of 512 MB) are those of a server
 * that trusts its clients; one that serves a thousand connections from a small heap needs others.
 *
 * @param arguments most arguments of a request, the command's name included; Redis has no such limit
 * @param wideArguments most arguments of a request whose command is one of {@code wideCommands}
 * @param wideCommands names, in capitals, of the commands that take a list of keys or fields
 * @param bulkBytes most bytes of one argument; Redis' {@code proto-max-bulk-len}
 * @param requestBytes most bytes of a whole request as sent, headers included: what a connection can make the decoder
 *     hold, up to a factor of two for the buffer's growth
 * @param inlineBytes most bytes of a request that is a line of words, without its line feed; 65,536 in Redis
 * @param unauthenticatedArguments as {@code arguments}, for a client that has not authenticated; 10 in Redis
 * @param unauthenticatedBulkBytes as {@code bulkBytes} and as {@code inlineBytes}, for a client that has not
 *     authenticated; 16,384 in Redis
 */
public record RespLimits(
        int arguments,
        int wideArguments,
        Set<String> wideCommands,
        int bulkBytes,
        int requestBytes,
        int inlineBytes,
        int unauthenticatedArguments,
        int unauthenticatedBulkBytes) {

    /** Every limit is at most this, so that positions in a buffer are ints without further thought: 512 MiB. */
    private static final int MOST = 512 << 20;

    private static final int INLINE_MOST = 64 << 10;

    private static final RespLimits DEFAULTS = new RespLimits(
            1_024,
            131_072,
            Set.of(
                    "MGET",
                    "MSET",
                    "MSETNX",
                    "DEL",
                    "UNLINK",
                    "EXISTS",
                    "TOUCH",
                    "HSET",
                    "HMSET",
                    "HMGET",
                    "HDEL",
                    "SADD",
                    "SREM",
                    "SMISMEMBER",
                    "ZADD",
                    "ZREM",
                    "ZMSCORE",
                    "LPUSH",
                    "RPUSH",
                    "PFADD"),
            1 << 20,
            8 << 20,
            8 << 10,
            10,
            16 << 10);

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException if a limit is not positive, above 512 MiB (64 KiB for {@code inlineBytes}), or
     *     wider for a part than for the whole; or if a name is not in capitals
     */
    public RespLimits {
        within("arguments", arguments, MOST);
        within("wideArguments", wideArguments, MOST);
        within("bulkBytes", bulkBytes, MOST);
        within("requestBytes", requestBytes, MOST);
        within("inlineBytes", inlineBytes, INLINE_MOST);
        within("unauthenticatedArguments", unauthenticatedArguments, MOST);
        within("unauthenticatedBulkBytes", unauthenticatedBulkBytes, MOST);
        notAbove("arguments", arguments, "wideArguments", wideArguments);
        notAbove("bulkBytes", bulkBytes, "requestBytes", requestBytes);
        notAbove("inlineBytes", inlineBytes, "requestBytes", requestBytes);
        notAbove("unauthenticatedArguments", unauthenticatedArguments, "arguments", arguments);
        notAbove("unauthenticatedBulkBytes", unauthenticatedBulkBytes, "bulkBytes", bulkBytes);
        wideCommands = Set.copyOf(requireNonNull(wideCommands, "wideCommands"));
        for (String name : wideCommands) {
            if (name.isEmpty() || !name.equals(name.toUpperCase(Locale.ROOT))) {
                throw new IllegalArgumentException("wideCommands must be names in capitals: '" + name + "'");
            }
        }
    }

    /**
     * 1,024 arguments, 131,072 for MGET, DEL and their like, arguments of 1 MiB, requests of 8 MiB, lines of 8 KiB;
     * before authentication 10 arguments of 16 KiB.
     */
    public static RespLimits defaults() {
        return DEFAULTS;
    }

    /** These, with other counts of arguments; what is allowed before authentication is never more. */
    public RespLimits withArguments(int arguments, int wideArguments) {
        return new RespLimits(
                arguments,
                wideArguments,
                wideCommands,
                bulkBytes,
                requestBytes,
                inlineBytes,
                Math.min(unauthenticatedArguments, arguments),
                unauthenticatedBulkBytes);
    }

    /**
     * These, with other sizes, in bytes, of an argument, a whole request and a line; what is allowed before authentication
     * is never more.
     */
    public RespLimits withBytes(int bulkBytes, int requestBytes, int inlineBytes) {
        return new RespLimits(
                arguments,
                wideArguments,
                wideCommands,
                bulkBytes,
                requestBytes,
                inlineBytes,
                unauthenticatedArguments,
                Math.min(unauthenticatedBulkBytes, bulkBytes));
    }

    private static void within(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + " must be from 1 to " + most + ": " + value);
        }
    }

    private static void notAbove(String name, int value, String bound, int most) {
        if (value > most) {
            throw new IllegalArgumentException(name + " must be at most " + bound + ", " + most + ": " + value);
        }
    }
}
