package io.tiercel.failure.matrix;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a row promises. Null promises nothing: it is measured and not judged.
 *
 * @param first p99 of reads that miss L1, in the first second of the fault
 * @param later the same, after that second
 * @param hot p99 of reads of what L1 holds
 * @param stale how old a change elsewhere may be that a read does not see
 * @param writes what becomes of writes meanwhile
 * @param recovery from the end of the fault until everything is as before
 */
record Limits(
        @Nullable Duration first,
        @Nullable Duration later,
        @Nullable Duration hot,
        @Nullable Duration stale,
        Writes writes,
        @Nullable Duration recovery) {

    /** What becomes of writes during the fault. A write that fails always says so with a CacheWriteException. */
    enum Writes {
        /** All are accepted; one in fifty may meet the moment in which something breaks. */
        ACCEPTED("accepted"),
        /** Those for the part that is away fail. */
        MAY_FAIL("may fail"),
        /** None is accepted. */
        REFUSED("refused"),
        /** Values are refused, removals are accepted. */
        PUTS_REFUSED("puts refused"),
        /** There are none in this row. */
        NONE("–");

        final String text;

        Writes(String text) {
            this.text = text;
        }
    }

    /** What is promised of everything unless a row says otherwise. */
    static Limits usual() {
        return new Limits(
                Duration.ofMillis(60),
                Duration.ofMillis(5),
                Duration.ofMillis(1),
                Duration.ofSeconds(5),
                Writes.MAY_FAIL,
                Duration.ofSeconds(5));
    }

    /** Of rows that are not about time: integrity, the loader's failures. */
    static Limits none() {
        return new Limits(null, null, null, null, Writes.NONE, null);
    }

    Limits first(@Nullable Duration limit) {
        return new Limits(limit, later, hot, stale, writes, recovery);
    }

    Limits later(@Nullable Duration limit) {
        return new Limits(first, limit, hot, stale, writes, recovery);
    }

    Limits hot(@Nullable Duration limit) {
        return new Limits(first, later, limit, stale, writes, recovery);
    }

    Limits stale(@Nullable Duration limit) {
        return new Limits(first, later, hot, limit, writes, recovery);
    }

    Limits writes(Writes expected) {
        return new Limits(first, later, hot, stale, expected, recovery);
    }

    Limits recovery(@Nullable Duration limit) {
        return new Limits(first, later, hot, stale, writes, limit);
    }

    /** As the table says it. */
    String text() {
        List<String> parts = new ArrayList<>();
        add(parts, "first ", first);
        add(parts, "then ", later);
        add(parts, "hot ", hot);
        add(parts, "stale ", stale);
        if (writes != Writes.NONE) {
            parts.add("writes " + writes.text);
        }
        add(parts, "back ", recovery);
        return parts.isEmpty() ? "–" : String.join(", ", parts);
    }

    private static void add(List<String> parts, String name, @Nullable Duration limit) {
        if (limit != null) {
            parts.add(name + Texts.of(limit));
        }
    }
}
