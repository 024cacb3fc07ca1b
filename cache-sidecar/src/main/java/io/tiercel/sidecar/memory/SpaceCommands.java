package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.tiercel.sidecar.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What looks through a whole database, or empties it. */
final class SpaceCommands {
    /** Keys that one SCAN looks at, whatever COUNT says: other clients wait meanwhile. */
    static final int MOST_SCANNED = 10_000;

    private static final int SCANNED = 10;
    /** As {@code strtoul} of C reads it; nothing at all is 0. */
    private static final Pattern CURSOR = Pattern.compile("[+-]?(\\d{1,20})|");

    private SpaceCommands() {}

    static void dbsize(Call call) {
        call.store().cleanUp();
        Reply.integer(call.out(), call.store().space(call.db()).count());
    }

    static void keys(Call call) {
        Glob pattern = new Glob(call.argument(1));
        List<byte[]> found = new ArrayList<>();
        for (MemoryKey key : call.store().space(call.db()).all()) {
            if (pattern.matches(key.bytes()) && call.store().peek(key) != null) {
                found.add(key.bytes());
            }
        }
        answer(call, found);
    }

    static void randomkey(Call call) {
        Space space = call.store().space(call.db());
        byte[] found = firstLive(call, space.from(ThreadLocalRandom.current().nextLong(1, MemoryKey.MOST_ORDER + 1)));
        if (found == null) {
            found = firstLive(call, space.all());
        }
        if (found == null) {
            Reply.nil(call.out(), call.protocol());
        } else {
            Reply.bulk(call.out(), found);
        }
    }

    private static byte @Nullable [] firstLive(Call call, Iterable<MemoryKey> keys) {
        for (MemoryKey key : keys) {
            if (call.store().peek(key) != null) {
                return key.bytes();
            }
        }
        return null;
    }

    static void scan(Call call) {
        long cursor = cursor(call.argument(1));
        Glob pattern = null;
        boolean ofType = true;
        long count = SCANNED;
        for (int i = 2; i < call.count(); i += 2) {
            if (i + 1 == call.count()) {
                throw new Refusal(Refusal.SYNTAX);
            }
            if (call.is(i, "COUNT")) {
                count = Numbers.integer(call.argument(i + 1));
                if (count < 1) {
                    throw new Refusal(Refusal.SYNTAX);
                }
            } else if (call.is(i, "MATCH")) {
                pattern = new Glob(call.argument(i + 1));
            } else if (call.is(i, "TYPE")) {
                ofType = call.is(i + 1, "STRING");
            } else {
                throw new Refusal(Refusal.SYNTAX);
            }
        }
        scan(call, cursor, Math.min(count, MOST_SCANNED), pattern, ofType);
    }

    /** The cursor is the order of the next key, so that nothing is kept between calls. Keys of one order go together. */
    private static void scan(Call call, long cursor, long count, @Nullable Glob pattern, boolean ofType) {
        List<byte[]> found = new ArrayList<>();
        long next = 0;
        long looked = 0;
        long lastOrder = 0;
        for (MemoryKey key : call.store().space(call.db()).from(Math.max(1, cursor))) {
            if (looked >= count && key.order() != lastOrder) {
                next = key.order();
                break;
            }
            looked++;
            lastOrder = key.order();
            if (ofType
                    && (pattern == null || pattern.matches(key.bytes()))
                    && call.store().peek(key) != null) {
                found.add(key.bytes());
            }
        }
        Reply.array(call.out(), 2);
        Reply.bulk(call.out(), Numbers.bytes(next));
        answer(call, found);
    }

    /** One that SCAN never gave out is one behind all keys. */
    private static long cursor(byte[] text) {
        var matched = CURSOR.matcher(new String(text, ISO_8859_1));
        if (!matched.matches()) {
            throw new Refusal("ERR invalid cursor");
        }
        if (matched.group(1) == null) {
            return 0;
        }
        long cursor;
        try {
            cursor = Long.parseUnsignedLong(matched.group(1));
        } catch (NumberFormatException e) {
            throw new Refusal("ERR invalid cursor");
        }
        boolean negative = text[0] == '-' && cursor != 0;
        return negative || cursor < 0 || cursor > MemoryKey.MOST_ORDER ? MemoryKey.MOST_ORDER + 1 : cursor;
    }

    private static void answer(Call call, List<byte[]> found) {
        Reply.array(call.out(), found.size());
        for (byte[] key : found) {
            Reply.bulk(call.out(), key);
        }
    }

    static void flushdb(Call call) {
        requireFlushOptions(call);
        call.store().flush(call.db());
        Reply.ok(call.out());
    }

    static void flushall(Call call) {
        requireFlushOptions(call);
        for (int db = 0; db < call.store().databases(); db++) {
            call.store().flush(db);
        }
        Reply.ok(call.out());
    }

    /** Either way the keys are gone at once, and their memory soon. */
    private static void requireFlushOptions(Call call) {
        if (call.count() > 2 || (call.count() == 2 && !call.is(1, "SYNC") && !call.is(1, "ASYNC"))) {
            throw new Refusal(Refusal.SYNTAX);
        }
    }

    static void swapdb(Call call) {
        int first = swapped(call, 1, "ERR invalid first DB index");
        int second = swapped(call, 2, "ERR invalid second DB index");
        call.store().swap(first, second);
        Reply.ok(call.out());
    }

    private static int swapped(Call call, int index, String refusal) {
        long number = Numbers.integer(call.argument(index), refusal);
        if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            throw new Refusal(refusal);
        }
        return call.database(index);
    }
}
