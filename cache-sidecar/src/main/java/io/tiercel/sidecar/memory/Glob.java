package io.tiercel.sidecar.memory;

/**
 * A pattern of KEYS and SCAN: {@code *}, {@code ?}, {@code [ab]}, {@code [^a-z]} and {@code \} before what is meant
 * literally. Matches what {@code stringmatchlen} of Redis matches, odd patterns included: a class that does not end ends
 * with the pattern, bytes compare with their sign, and an empty key matches nothing but an empty pattern or a lone
 * {@code *}.
 *
 * <p>Only the last star met is ever gone back to, so the work is at most the product of both lengths.
 */
final class Glob {
    private final byte[] pattern;

    Glob(byte[] pattern) {
        this.pattern = pattern;
    }

    boolean matches(byte[] text) {
        if (pattern.length == 1 && pattern[0] == '*') {
            return true;
        }
        if (text.length == 0) {
            return pattern.length == 0;
        }
        int at = 0;
        int read = 0;
        int behindStar = -1;
        int starTakes = 0;
        while (read < text.length) {
            if (at < pattern.length && pattern[at] == '*') {
                at = behindStars(at);
                if (at == pattern.length) {
                    return true;
                }
                behindStar = at;
                starTakes = read;
                continue;
            }
            int next = at < pattern.length ? behindMatch(at, text[read]) : -1;
            if (next >= 0) {
                at = next;
                read++;
            } else if (behindStar >= 0) {
                starTakes++;
                read = starTakes;
                at = behindStar;
            } else {
                return false;
            }
        }
        return behindStars(at) == pattern.length;
    }

    private int behindStars(int start) {
        int at = start;
        while (at < pattern.length && pattern[at] == '*') {
            at++;
        }
        return at;
    }

    /** Where the pattern goes on if what is at a place in it matches the byte, else -1. */
    private int behindMatch(int at, byte b) {
        return switch (pattern[at]) {
            case '?' -> at + 1;
            case '[' -> behindClass(at + 1, b);
            case '\\' -> {
                int literal = at + 1 < pattern.length ? at + 1 : at;
                yield pattern[literal] == b ? literal + 1 : -1;
            }
            default -> pattern[at] == b ? at + 1 : -1;
        };
    }

    private int behindClass(int start, byte b) {
        boolean not = start < pattern.length && pattern[start] == '^';
        int at = not ? start + 1 : start;
        boolean in = false;
        while (at < pattern.length && (pattern[at] != ']')) {
            int left = pattern.length - at;
            if (left >= 2 && pattern[at] == '\\') {
                at++;
                in |= pattern[at] == b;
            } else if (left >= 3 && pattern[at + 1] == '-') {
                byte least = (byte) Math.min(pattern[at], pattern[at + 2]);
                byte most = (byte) Math.max(pattern[at], pattern[at + 2]);
                at += 2;
                in |= b >= least && b <= most;
            } else {
                in |= pattern[at] == b;
            }
            at++;
        }
        return in == not ? -1 : Math.min(at + 1, pattern.length);
    }
}
