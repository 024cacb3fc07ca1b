package io.tiercel.sidecar.memory;

import io.tiercel.sidecar.memory.Entry.Form;
import io.tiercel.sidecar.resp.Reply;
import java.util.Arrays;

/** Values as rows of bits, of which the first is the highest of the first byte. */
final class BitCommands {
    private static final byte[] EMPTY = {};
    private static final String BIT_OFFSET = "ERR bit offset is not an integer or out of range";
    private static final String BIT = "ERR bit is not an integer or out of range";

    private BitCommands() {}

    static void setbit(Call call) {
        long offset = offset(call);
        long bit = Numbers.integer(call.argument(3), BIT);
        if (bit != 0 && bit != 1) {
            throw new Refusal(BIT);
        }
        if (!call.mayGrowTo(offset / Byte.SIZE + 1)) {
            throw new Refusal(BIT_OFFSET);
        }
        int at = (int) (offset / Byte.SIZE);
        Entry old = call.find(1);
        byte[] value = old == null ? EMPTY : old.value();
        byte[] changed = Arrays.copyOf(value, Math.max(value.length, at + 1));
        int mask = mask(offset);
        boolean was = (changed[at] & mask) != 0;
        changed[at] = (byte) (bit == 1 ? changed[at] | mask : changed[at] & ~mask);
        call.put(1, changed, old == null ? Entry.NEVER : old.expiresAt(), Form.RAW);
        Reply.integer(call.out(), was ? 1 : 0);
    }

    static void getbit(Call call) {
        long offset = offset(call);
        Entry entry = call.find(1);
        byte[] value = entry == null ? EMPTY : entry.value();
        boolean set = offset < bits(value) && isSet(value, offset);
        Reply.integer(call.out(), set ? 1 : 0);
    }

    private static long offset(Call call) {
        long offset = Numbers.integer(call.argument(2), BIT_OFFSET);
        if (offset < 0 || offset / Byte.SIZE >= MemoryKeyspace.LONGEST_VALUE) {
            throw new Refusal(BIT_OFFSET);
        }
        return offset;
    }

    static void bitcount(Call call) {
        Entry entry = call.find(1);
        if (entry == null) {
            Reply.integer(call.out(), 0);
            return;
        }
        if (call.count() == 3 || call.count() > 5) {
            throw new Refusal(Refusal.SYNTAX);
        }
        byte[] value = entry.value();
        Range range = call.count() == 2 ? Range.all(value) : counted(call, value);
        long count = 0;
        long bit = range.first;
        while (bit <= range.last) {
            if (bit % Byte.SIZE == 0 && range.last - bit >= Byte.SIZE - 1) {
                count += Integer.bitCount(value[(int) (bit / Byte.SIZE)] & 0xFF);
                bit += Byte.SIZE;
            } else {
                count += isSet(value, bit) ? 1 : 0;
                bit++;
            }
        }
        Reply.integer(call.out(), count);
    }

    /** Unlike BITPOS, this looks at both ends before the unit, and finds nothing between two in the wrong order. */
    private static Range counted(Call call, byte[] value) {
        long start = Numbers.integer(call.argument(2));
        long end = Numbers.integer(call.argument(3));
        return start < 0 && end < 0 && start > end ? Range.NONE : Range.of(call, 2, value);
    }

    static void bitpos(Call call) {
        long bit = Numbers.integer(call.argument(2));
        if (bit != 0 && bit != 1) {
            throw new Refusal("ERR The bit argument must be 1 or 0.");
        }
        Entry entry = call.find(1);
        if (entry == null) {
            Reply.integer(call.out(), bit == 1 ? -1 : 0);
            return;
        }
        if (call.count() > 6) {
            throw new Refusal(Refusal.SYNTAX);
        }
        byte[] value = entry.value();
        Range range = call.count() == 3 ? Range.all(value) : Range.of(call, 3, value);
        long found = first(value, bit == 1, range);
        if (found < 0 && bit == 0 && call.count() < 5 && range.first <= range.last) {
            // Without an end, zeros go on behind the value.
            found = bits(value);
        }
        Reply.integer(call.out(), found);
    }

    private static long first(byte[] value, boolean set, Range range) {
        byte skipped = (byte) (set ? 0 : 0xFF);
        long bit = range.first;
        while (bit <= range.last) {
            if (bit % Byte.SIZE == 0 && value[(int) (bit / Byte.SIZE)] == skipped) {
                bit += Byte.SIZE;
            } else if (isSet(value, bit) == set) {
                return bit;
            } else {
                bit++;
            }
        }
        return -1;
    }

    private static long bits(byte[] value) {
        return (long) value.length * Byte.SIZE;
    }

    private static boolean isSet(byte[] value, long bit) {
        return (value[(int) (bit / Byte.SIZE)] & mask(bit)) != 0;
    }

    private static int mask(long bit) {
        return 0x80 >>> (int) (bit % Byte.SIZE);
    }

    /** The first and the last bit of a part of a value; the last is before the first if there are none. */
    private record Range(long first, long last) {
        private static final Range NONE = new Range(0, -1);

        static Range all(byte[] value) {
            return new Range(0, bits(value) - 1);
        }

        /** @param at where the arguments for start, end and unit begin; the last two may be missing */
        static Range of(Call call, int at, byte[] value) {
            long start = Numbers.integer(call.argument(at));
            boolean inBits = call.count() > at + 2 && isInBits(call, at + 2);
            long total = inBits ? bits(value) : value.length;
            long end = call.count() > at + 1 ? Numbers.integer(call.argument(at + 1)) : total - 1;
            long from = Math.max(0, start < 0 ? start + total : start);
            long to = Math.min(total - 1, Math.max(0, end < 0 ? end + total : end));
            if (from > to) {
                return NONE;
            }
            return inBits ? new Range(from, to) : new Range(from * Byte.SIZE, to * Byte.SIZE + Byte.SIZE - 1);
        }

        private static boolean isInBits(Call call, int at) {
            boolean inBits = call.is(at, "BIT");
            if (!inBits && !call.is(at, "BYTE")) {
                throw new Refusal(Refusal.SYNTAX);
            }
            return inBits;
        }
    }
}
