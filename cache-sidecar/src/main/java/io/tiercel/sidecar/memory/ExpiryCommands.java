package io.tiercel.sidecar.memory;

import io.tiercel.sidecar.resp.Reply;

/** When keys end: asked for, set and taken away. */
final class ExpiryCommands {
    private static final long NO_KEY = -2;
    private static final long NO_END = -1;

    private ExpiryCommands() {}

    static void ttl(Call call) {
        answerEnd(call, call.store().now(), TimeUnits.SECONDS);
    }

    static void pttl(Call call) {
        answerEnd(call, call.store().now(), TimeUnits.MILLISECONDS);
    }

    static void expiretime(Call call) {
        answerEnd(call, 0, TimeUnits.SECONDS);
    }

    static void pexpiretime(Call call) {
        answerEnd(call, 0, TimeUnits.MILLISECONDS);
    }

    private static void answerEnd(Call call, long base, TimeUnits unit) {
        Entry entry = call.find(1);
        if (entry == null) {
            Reply.integer(call.out(), NO_KEY);
        } else if (entry.expiresAt() == Entry.NEVER) {
            Reply.integer(call.out(), NO_END);
        } else {
            Reply.integer(call.out(), unit.rounded(Math.max(0, entry.expiresAt() - base)));
        }
    }

    static void expire(Call call) {
        expire(call, "expire", call.store().now(), TimeUnits.SECONDS);
    }

    static void pexpire(Call call) {
        expire(call, "pexpire", call.store().now(), TimeUnits.MILLISECONDS);
    }

    static void expireat(Call call) {
        expire(call, "expireat", 0, TimeUnits.SECONDS);
    }

    static void pexpireat(Call call) {
        expire(call, "pexpireat", 0, TimeUnits.MILLISECONDS);
    }

    private static void expire(Call call, String name, long base, TimeUnits unit) {
        Condition condition = Condition.of(call);
        long end = unit.any(call.argument(2), base, name);
        Entry entry = call.find(1);
        if (entry == null || !condition.allows(entry.expiresAt(), end)) {
            Reply.integer(call.out(), 0);
            return;
        }
        if (end <= call.store().now()) {
            call.store().remove(call.key(1));
        } else {
            call.put(1, entry.value(), end, entry.form());
        }
        Reply.integer(call.out(), 1);
    }

    static void persist(Call call) {
        Entry entry = call.find(1);
        boolean had = entry != null && entry.expiresAt() != Entry.NEVER;
        if (entry != null && had) {
            call.put(1, entry.value(), Entry.NEVER, entry.form());
        }
        Reply.integer(call.out(), had ? 1 : 0);
    }

    /** NX, XX, GT and LT. */
    private record Condition(boolean onlyWithout, boolean onlyWith, boolean onlyLater, boolean onlySooner) {
        static Condition of(Call call) {
            boolean without = false;
            boolean with = false;
            boolean later = false;
            boolean sooner = false;
            for (int i = 3; i < call.count(); i++) {
                if (call.is(i, "NX")) {
                    without = true;
                } else if (call.is(i, "XX")) {
                    with = true;
                } else if (call.is(i, "GT")) {
                    later = true;
                } else if (call.is(i, "LT")) {
                    sooner = true;
                } else {
                    throw new Refusal("ERR Unsupported option " + Words.quoted(call.argument(i), Integer.MAX_VALUE));
                }
            }
            if (without && (with || later || sooner)) {
                throw new Refusal("ERR NX and XX, GT or LT options at the same time are not compatible");
            }
            if (later && sooner) {
                throw new Refusal("ERR GT and LT options at the same time are not compatible");
            }
            return new Condition(without, with, later, sooner);
        }

        /** A key without an end counts as one that ends later than any other. */
        boolean allows(long current, long end) {
            boolean has = current != Entry.NEVER;
            return !(onlyWithout && has)
                    && !(onlyWith && !has)
                    && !(onlyLater && (!has || end <= current))
                    && !(onlySooner && has && end >= current);
        }
    }
}
