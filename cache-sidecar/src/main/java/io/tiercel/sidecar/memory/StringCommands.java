package io.tiercel.sidecar.memory;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.memory.Entry.Form;
import io.tiercel.sidecar.resp.Reply;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Values read, set and changed as strings. */
final class StringCommands {
    private static final byte[] EMPTY = {};

    private StringCommands() {}

    static void get(Call call) {
        value(call, call.find(1));
    }

    static void strlen(Call call) {
        Entry entry = call.find(1);
        Reply.integer(call.out(), entry == null ? 0 : entry.value().length);
    }

    static void mget(Call call) {
        Reply.array(call.out(), call.count() - 1);
        for (int i = 1; i < call.count(); i++) {
            value(call, call.find(i));
        }
    }

    /** GETRANGE, and SUBSTR, as it was called once. */
    static void getrange(Call call) {
        long start = Numbers.integer(call.argument(2));
        long end = Numbers.integer(call.argument(3));
        Entry entry = call.find(1);
        byte[] value = entry == null ? EMPTY : entry.value();
        int length = value.length;
        if (start < 0 && end < 0 && start > end) {
            Reply.bulk(call.out(), EMPTY);
            return;
        }
        long from = Math.max(0, start < 0 ? start + length : start);
        long to = Math.min(length - 1L, Math.max(0, end < 0 ? end + length : end));
        if (from > to) {
            Reply.bulk(call.out(), EMPTY);
            return;
        }
        ByteBuf out = call.out();
        Reply.bulkHeader(out, (int) (to - from + 1));
        out.writeBytes(value, (int) from, (int) (to - from + 1));
        Reply.bulkEnd(out);
    }

    static void set(Call call) {
        SetOptions options = SetOptions.ofSet(call);
        long expiresAt = options.expiresAt(call, "set", Entry.NEVER);
        Entry old = call.find(1);
        boolean refused = old == null ? options.onlyPresent() : options.onlyAbsent();
        if (!refused) {
            long end = options.keepsExpiry() && old != null ? old.expiresAt() : expiresAt;
            call.put(1, call.argument(2), end, Form.PLAIN);
        }
        if (options.answersOld()) {
            value(call, old);
        } else if (refused) {
            Reply.nil(call.out(), call.protocol());
        } else {
            Reply.ok(call.out());
        }
    }

    static void setnx(Call call) {
        boolean absent = call.find(1) == null;
        if (absent) {
            call.put(1, call.argument(2), Entry.NEVER, Form.PLAIN);
        }
        Reply.integer(call.out(), absent ? 1 : 0);
    }

    static void setex(Call call) {
        setWithLife(call, "setex", TimeUnits.SECONDS);
    }

    static void psetex(Call call) {
        setWithLife(call, "psetex", TimeUnits.MILLISECONDS);
    }

    private static void setWithLife(Call call, String name, TimeUnits unit) {
        long expiresAt = unit.positive(call.argument(2), call.store().now(), name);
        call.put(1, call.argument(3), expiresAt, Form.PLAIN);
        Reply.ok(call.out());
    }

    static void getset(Call call) {
        Entry old = call.find(1);
        call.put(1, call.argument(2), Entry.NEVER, Form.PLAIN);
        value(call, old);
    }

    static void getdel(Call call) {
        Entry old = call.find(1);
        if (old != null) {
            call.store().remove(call.key(1));
        }
        value(call, old);
    }

    static void getex(Call call) {
        SetOptions options = SetOptions.ofGetex(call);
        Entry entry = call.find(1);
        if (entry == null) {
            Reply.nil(call.out(), call.protocol());
            return;
        }
        long expiresAt = options.expiresAt(call, "getex", options.persists() ? Entry.NEVER : entry.expiresAt());
        if (options.setsExpiry() && expiresAt <= call.store().now()) {
            call.store().remove(call.key(1));
        } else if (expiresAt != entry.expiresAt() || options.setsExpiry()) {
            call.put(1, entry.value(), expiresAt, entry.form());
        }
        value(call, entry);
    }

    static void mset(Call call) {
        requirePairs(call, "mset");
        setAll(call);
        Reply.ok(call.out());
    }

    static void msetnx(Call call) {
        requirePairs(call, "msetnx");
        for (int i = 1; i < call.count(); i += 2) {
            if (call.find(i) != null) {
                Reply.integer(call.out(), 0);
                return;
            }
        }
        setAll(call);
        Reply.integer(call.out(), 1);
    }

    private static void requirePairs(Call call, String name) {
        if (call.count() % 2 == 0) {
            throw Refusal.arity(name);
        }
    }

    private static void setAll(Call call) {
        for (int i = 1; i < call.count(); i += 2) {
            call.put(i, call.argument(i + 1), Entry.NEVER, Form.PLAIN);
        }
    }

    static void append(Call call) {
        byte[] more = call.argument(2);
        Entry old = call.find(1);
        if (old == null) {
            call.put(1, more, Entry.NEVER, Form.PLAIN);
            Reply.integer(call.out(), more.length);
            return;
        }
        int length = old.value().length;
        byte[] longer = Arrays.copyOf(old.value(), call.grown((long) length + more.length));
        System.arraycopy(more, 0, longer, length, more.length);
        call.put(1, longer, old.expiresAt(), Form.RAW);
        Reply.integer(call.out(), longer.length);
    }

    static void setrange(Call call) {
        long offset = Numbers.integer(call.argument(2));
        if (offset < 0) {
            throw new Refusal(Refusal.OFFSET);
        }
        byte[] piece = call.argument(3);
        Entry old = call.find(1);
        byte[] value = old == null ? EMPTY : old.value();
        if (piece.length == 0) {
            Reply.integer(call.out(), value.length);
            return;
        }
        int end = call.grown(offset > Long.MAX_VALUE - piece.length ? Long.MAX_VALUE : offset + piece.length);
        byte[] changed = Arrays.copyOf(value, Math.max(value.length, end));
        System.arraycopy(piece, 0, changed, (int) offset, piece.length);
        call.put(1, changed, old == null ? Entry.NEVER : old.expiresAt(), Form.RAW);
        Reply.integer(call.out(), changed.length);
    }

    static void incr(Call call) {
        add(call, 1);
    }

    static void decr(Call call) {
        add(call, -1);
    }

    static void incrby(Call call) {
        add(call, Numbers.integer(call.argument(2)));
    }

    static void decrby(Call call) {
        long by = Numbers.integer(call.argument(2));
        if (by == Long.MIN_VALUE) {
            throw new Refusal("ERR decrement would overflow");
        }
        add(call, -by);
    }

    private static void add(Call call, long by) {
        Entry old = call.find(1);
        long value = old == null ? 0 : Numbers.integer(old.value());
        long sum = value + by;
        if (((value ^ sum) & (by ^ sum)) < 0) {
            throw new Refusal("ERR increment or decrement would overflow");
        }
        call.put(1, Numbers.bytes(sum), old == null ? Entry.NEVER : old.expiresAt(), Form.PLAIN);
        Reply.integer(call.out(), sum);
    }

    static void incrbyfloat(Call call) {
        Entry old = call.find(1);
        LongDouble value = LongDouble.parse(old == null ? Numbers.bytes(0) : old.value());
        byte[] sum = Words.bytes(value.plus(LongDouble.parse(call.argument(2))).text());
        call.put(1, sum, old == null ? Entry.NEVER : old.expiresAt(), Form.TEXT);
        Reply.bulk(call.out(), sum);
    }

    private static void value(Call call, @Nullable Entry entry) {
        if (entry == null) {
            Reply.nil(call.out(), call.protocol());
        } else {
            Reply.bulk(call.out(), entry.value());
        }
    }
}
