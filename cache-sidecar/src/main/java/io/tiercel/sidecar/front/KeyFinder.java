package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where the keys are in commands that say so in their arguments. */
final class KeyFinder {
    private KeyFinder() {}

    /** The positions of the keys; null if the command is none of these, or its arguments make no sense. */
    static @Nullable List<Integer> movable(String name, byte[][] words) {
        return switch (name) {
            case "EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO" -> counted(words, 2, 0);
            case "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD", "SINTERCARD", "LMPOP", "ZMPOP" -> counted(words, 1, 0);
            case "BLMPOP", "BZMPOP" -> counted(words, 2, 0);
            case "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE" -> counted(words, 2, 1);
            case "XREAD", "XREADGROUP" -> streams(words);
            case "CACHE.INVALIDATE" -> isTags(words) ? List.of() : null;
            case "SORT", "SORT_RO", "GEORADIUS", "GEORADIUSBYMEMBER" -> stored(words);
            default -> null;
        };
    }

    /** Whether the words of CACHE.INVALIDATE are of tags. */
    static boolean isTags(byte[][] words) {
        return words.length > 2 && is(words[1], "TAG");
    }

    /** A number of keys and then they; {@code more} is one key before, 0 for none. */
    private static @Nullable List<Integer> counted(byte[][] words, int at, int more) {
        int count = at < words.length ? number(words[at]) : -1;
        if (count < 0 || count > words.length - at - 1) {
            return null;
        }
        List<Integer> keys = new ArrayList<>(count + 1);
        if (more > 0) {
            keys.add(more);
        }
        for (int i = 0; i < count; i++) {
            keys.add(at + 1 + i);
        }
        return keys;
    }

    private static @Nullable List<Integer> streams(byte[][] words) {
        for (int i = 1; i < words.length; i++) {
            if (is(words[i], "STREAMS")) {
                int count = (words.length - i - 1) / 2;
                List<Integer> keys = new ArrayList<>(count);
                for (int k = 0; k < count; k++) {
                    keys.add(i + 1 + k);
                }
                return keys.isEmpty() ? null : keys;
            }
        }
        return null;
    }

    private static List<Integer> stored(byte[][] words) {
        List<Integer> keys = new ArrayList<>();
        keys.add(1);
        for (int i = 2; i + 1 < words.length; i++) {
            if (is(words[i], "STORE") || is(words[i], "STOREDIST")) {
                keys.add(i + 1);
            }
        }
        return keys;
    }

    private static int number(byte[] word) {
        if (word.length == 0 || word.length > 7) {
            return -1;
        }
        int number = 0;
        for (byte digit : word) {
            if (digit < '0' || digit > '9') {
                return -1;
            }
            number = number * 10 + digit - '0';
        }
        return number;
    }

    /** Whether a word is that option, in whatever case. */
    static boolean is(byte[] word, String capitals) {
        return word.length == capitals.length()
                && new String(word, US_ASCII).toUpperCase(Locale.ROOT).equals(capitals);
    }
}
