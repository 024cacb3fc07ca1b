package io.tiercel.sidecar.resp;

/**
 * A request that a person typed: words with spaces between, and quotes around those that hold spaces, as {@code
 * sdssplitargs} of Redis reads them. In double quotes, {@code \xHH}, {@code \n}, {@code \r}, {@code \t}, {@code \b} and
 * {@code \a} are the bytes they stand for; in single quotes only {@code \'} is special.
 *
 * <p>What the quotes and escapes mean is never longer than what was typed, so the words are written over the line.
 */
final class InlineRequest {
    private final byte[] line;
    private final Request into;
    private int read;
    private int written;

    private InlineRequest(byte[] line, Request into) {
        this.line = line;
        this.into = into;
    }

    /** Adds the words of a line to a request, as offsets into the line, whose bytes change. */
    static void split(byte[] line, Request into) throws RespProtocolException {
        for (byte b : line) {
            // Redis does not look behind it for the end of the line; and words for people hold none.
            if (b == 0) {
                throw new RespProtocolException("NUL in inline request");
            }
        }
        new InlineRequest(line, into).split();
    }

    private void split() throws RespProtocolException {
        while (true) {
            while (read < line.length && isSpace(line[read])) {
                read++;
            }
            if (read == line.length) {
                return;
            }
            int start = written;
            word();
            into.add(start, written - start);
        }
    }

    private void word() throws RespProtocolException {
        while (read < line.length) {
            byte b = line[read++];
            switch (b) {
                case ' ', '\t', '\r', '\n' -> {
                    return;
                }
                case '"' -> {
                    doubleQuoted();
                    return;
                }
                case '\'' -> {
                    singleQuoted();
                    return;
                }
                default -> line[written++] = b;
            }
        }
    }

    private void doubleQuoted() throws RespProtocolException {
        while (read < line.length) {
            byte b = line[read++];
            if (b == '"') {
                mustEnd();
                return;
            }
            line[written++] = b == '\\' && read < line.length ? escaped() : b;
        }
        throw unbalanced();
    }

    private byte escaped() {
        byte b = line[read++];
        if (b == 'x' && read + 1 < line.length && hex(line[read]) >= 0 && hex(line[read + 1]) >= 0) {
            int value = hex(line[read]) << 4 | hex(line[read + 1]);
            read += 2;
            return (byte) value;
        }
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private void singleQuoted() throws RespProtocolException {
        while (read < line.length) {
            byte b = line[read++];
            if (b == '\'') {
                mustEnd();
                return;
            }
            if (b == '\\' && read < line.length && line[read] == '\'') {
                b = line[read++];
            }
            line[written++] = b;
        }
        throw unbalanced();
    }

    /** A closing quote ends the word: after it comes a space or nothing. */
    private void mustEnd() throws RespProtocolException {
        if (read < line.length && !isSpace(line[read])) {
            throw unbalanced();
        }
    }

    private static RespProtocolException unbalanced() {
        return new RespProtocolException("unbalanced quotes in request");
    }

    private static int hex(byte b) {
        return Character.digit(b, 16);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }
}
