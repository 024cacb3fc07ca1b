package io.tiercel.sidecar.memory;

import org.jspecify.annotations.Nullable;

/** The options of SET and GETEX, of which some exclude others. */
final class SetOptions {
    private final boolean ofSet;
    private boolean onlyAbsent;
    private boolean onlyPresent;
    private boolean answersOld;
    private boolean keepsExpiry;
    private boolean persists;
    /** The option that says when the key ends, and where the number is; given again, the last holds. */
    private @Nullable End end;

    private int endAt;

    private enum End {
        EX(TimeUnits.SECONDS, true),
        PX(TimeUnits.MILLISECONDS, true),
        EXAT(TimeUnits.SECONDS, false),
        PXAT(TimeUnits.MILLISECONDS, false);

        private static final End[] ALL = values();

        private final TimeUnits unit;
        private final boolean fromNow;

        End(TimeUnits unit, boolean fromNow) {
            this.unit = unit;
            this.fromNow = fromNow;
        }
    }

    private SetOptions(boolean ofSet) {
        this.ofSet = ofSet;
    }

    /** @throws Refusal if they are not options of SET, or not together */
    static SetOptions ofSet(Call call) {
        return new SetOptions(true).read(call, 3);
    }

    /** @throws Refusal if they are not options of GETEX, or not together */
    static SetOptions ofGetex(Call call) {
        return new SetOptions(false).read(call, 2);
    }

    private SetOptions read(Call call, int first) {
        int i = first;
        while (i < call.count()) {
            if (readFlag(call, i)) {
                i++;
                continue;
            }
            End named = end(call, i);
            if (named == null || (end != null && end != named) || keepsExpiry || persists || i + 1 == call.count()) {
                throw new Refusal(Refusal.SYNTAX);
            }
            end = named;
            endAt = i + 1;
            i += 2;
        }
        return this;
    }

    private boolean readFlag(Call call, int i) {
        if (ofSet && call.is(i, "NX") && !onlyPresent) {
            onlyAbsent = true;
        } else if (ofSet && call.is(i, "XX") && !onlyAbsent) {
            onlyPresent = true;
        } else if (ofSet && call.is(i, "GET")) {
            answersOld = true;
        } else if (ofSet && call.is(i, "KEEPTTL") && end == null) {
            keepsExpiry = true;
        } else if (!ofSet && call.is(i, "PERSIST") && end == null) {
            persists = true;
        } else {
            return false;
        }
        return true;
    }

    private static @Nullable End end(Call call, int i) {
        for (End named : End.ALL) {
            if (call.is(i, named.name())) {
                return named;
            }
        }
        return null;
    }

    /** NX. */
    boolean onlyAbsent() {
        return onlyAbsent;
    }

    /** XX. */
    boolean onlyPresent() {
        return onlyPresent;
    }

    /** GET. */
    boolean answersOld() {
        return answersOld;
    }

    /** KEEPTTL. */
    boolean keepsExpiry() {
        return keepsExpiry;
    }

    /** PERSIST. */
    boolean persists() {
        return persists;
    }

    boolean setsExpiry() {
        return end != null;
    }

    /**
     * When the key ends.
     *
     * @param command in small letters, for the error
     * @param otherwise what holds if no option says
     * @throws Refusal if the number is none, or not in range
     */
    long expiresAt(Call call, String command, long otherwise) {
        if (end == null) {
            return otherwise;
        }
        return end.unit.positive(
                call.argument(endAt), end.fromNow ? call.store().now() : 0, command);
    }
}
