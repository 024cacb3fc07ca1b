package io.tiercel.sidecar.memory;

import io.tiercel.sidecar.resp.Reply;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Keys removed, counted, moved and asked about, whatever their value. */
final class KeyCommands {
    /** Redis holds the numbers below this once, for all keys together, and says so. */
    private static final int SHARED_INTEGERS = 10_000;

    private KeyCommands() {}

    static void del(Call call) {
        int removed = 0;
        for (int i = 1; i < call.count(); i++) {
            if (call.store().remove(call.key(i))) {
                removed++;
            }
        }
        Reply.integer(call.out(), removed);
    }

    /** EXISTS and TOUCH: to find an entry is to use it. A key named twice counts twice. */
    static void exists(Call call) {
        int found = 0;
        for (int i = 1; i < call.count(); i++) {
            if (call.find(i) != null) {
                found++;
            }
        }
        Reply.integer(call.out(), found);
    }

    static void type(Call call) {
        Reply.status(call.out(), call.find(1) == null ? "none" : "string");
    }

    static void rename(Call call) {
        Entry entry = required(call);
        if (!isSameKey(call)) {
            move(call, entry);
        }
        Reply.ok(call.out());
    }

    static void renamenx(Call call) {
        Entry entry = required(call);
        boolean free = call.find(2) == null;
        if (free) {
            move(call, entry);
        }
        Reply.integer(call.out(), free ? 1 : 0);
    }

    private static Entry required(Call call) {
        Entry entry = call.find(1);
        if (entry == null) {
            throw new Refusal(Refusal.NO_SUCH_KEY);
        }
        return entry;
    }

    private static boolean isSameKey(Call call) {
        return Arrays.equals(call.argument(1), call.argument(2));
    }

    private static void move(Call call, Entry entry) {
        call.put(2, entry.value(), entry.expiresAt(), entry.form());
        call.store().remove(call.key(1));
    }

    static void copy(Call call) {
        int db = call.db();
        boolean replace = false;
        int i = 3;
        while (i < call.count()) {
            if (call.is(i, "REPLACE")) {
                replace = true;
                i++;
            } else if (call.is(i, "DB") && i + 1 < call.count()) {
                db = call.database(i + 1);
                i += 2;
            } else {
                throw new Refusal(Refusal.SYNTAX);
            }
        }
        if (db == call.db() && isSameKey(call)) {
            throw new Refusal(Refusal.SAME_OBJECT);
        }
        Entry entry = call.find(1);
        MemoryKey to = call.store().key(db, call.argument(2));
        boolean copied = entry != null && (replace || call.store().find(to) == null);
        if (entry != null && copied) {
            call.store().put(to, entry.value(), entry.expiresAt(), entry.form());
        }
        Reply.integer(call.out(), copied ? 1 : 0);
    }

    static void move(Call call) {
        int db = call.database(2);
        if (db == call.db()) {
            throw new Refusal(Refusal.SAME_OBJECT);
        }
        Entry entry = call.find(1);
        MemoryKey to = call.store().key(db, call.argument(1));
        boolean moved = entry != null && call.store().find(to) == null;
        if (entry != null && moved) {
            call.store().put(to, entry.value(), entry.expiresAt(), entry.form());
            call.store().remove(call.key(1));
        }
        Reply.integer(call.out(), moved ? 1 : 0);
    }

    static void encoding(Call call) {
        Entry entry = call.find(2);
        if (entry == null) {
            Reply.nil(call.out(), call.protocol());
        } else {
            Reply.bulk(call.out(), entry.encoding());
        }
    }

    static void refcount(Call call) {
        Entry entry = call.find(2);
        if (entry == null) {
            Reply.nil(call.out(), call.protocol());
            return;
        }
        boolean shared = entry.isInteger() && isShared(Numbers.integer(entry.value()));
        Reply.integer(call.out(), shared ? Integer.MAX_VALUE : 1);
    }

    private static boolean isShared(long number) {
        return number >= 0 && number < SHARED_INTEGERS;
    }

    /** Since it was written: reads leave no mark that could be told. */
    static void idletime(Call call) {
        Entry entry = call.store().peek(call.key(2));
        if (entry == null) {
            Reply.nil(call.out(), call.protocol());
            return;
        }
        int now = (int) TimeUnit.MILLISECONDS.toSeconds(call.store().now());
        Reply.integer(call.out(), Math.max(0, now - entry.writtenSecond()));
    }

    /** What Redis answers unless it is told to drop the least often used. */
    static void freq(Call call) {
        if (call.store().peek(call.key(2)) == null) {
            Reply.nil(call.out(), call.protocol());
            return;
        }
        throw new Refusal("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
                + "when switching between policies at runtime LRU and LFU data will take some time to adjust.");
    }

    static void objectHelp(Call call) {
        String[] lines = {
            "OBJECT <subcommand> <key>. Subcommands are:",
            "ENCODING: how Redis would hold the value.",
            "FREQ: refused, as it is by Redis unless it drops the least often used keys.",
            "IDLETIME: seconds since the value was written.",
            "REFCOUNT: how many keys hold the value, as Redis would count.",
            "HELP: this."
        };
        Reply.array(call.out(), lines.length);
        for (String line : lines) {
            Reply.status(call.out(), line);
        }
    }
}
