package io.tiercel.failure.matrix;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/** When each operation of one thread began and how long it took. One thread writes; others read when it has ended. */
final class Samples {
    /** What was done. */
    enum Kind {
        /** A read of what L1 holds. */
        HOT(0),
        /** A read of what others write. */
        SHARED(1),
        /** A read of what L1 cannot hold. */
        COLD(2),
        PUT(3),
        INVALIDATE(4);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** What came of it. */
    enum End {
        OK,
        FAILED
    }

    private long[] starts = new long[1 << 12];
    private long[] times = new long[1 << 12];
    private byte[] what = new byte[1 << 12];
    private int size;

    void add(Kind kind, End end, long start, long time) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            times = Arrays.copyOf(times, size * 2);
            what = Arrays.copyOf(what, size * 2);
        }
        starts[size] = start;
        times[size] = time;
        what[size++] = code(kind, end);
    }

    private static byte code(Kind kind, End end) {
        return (byte) (kind.code << 1 | (end == End.FAILED ? 1 : 0));
    }

    /** How long those took that began when the predicate says so, failed or not; sorted. */
    static long[] times(List<Samples> all, Kind kind, LongPredicate when) {
        long[] found = new long[all.stream().mapToInt(s -> s.size).sum()];
        int count = 0;
        for (Samples one : all) {
            for (int i = 0; i < one.size; i++) {
                if (one.what[i] >> 1 == kind.code && when.test(one.starts[i])) {
                    found[count++] = one.times[i];
                }
            }
        }
        long[] sorted = Arrays.copyOf(found, count);
        Arrays.sort(sorted);
        return sorted;
    }

    static long count(List<Samples> all, Kind kind, End end, LongPredicate when) {
        byte code = code(kind, end);
        long count = 0;
        for (Samples one : all) {
            for (int i = 0; i < one.size; i++) {
                if (one.what[i] == code && when.test(one.starts[i])) {
                    count++;
                }
            }
        }
        return count;
    }
}
