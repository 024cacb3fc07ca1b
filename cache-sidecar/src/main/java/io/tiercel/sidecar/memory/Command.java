package io.tiercel.sidecar.memory;

import java.util.BitSet;
import java.util.Locale;

/**
 * A command, and what has to be known of it before it runs.
 *
 * @param name in capitals; a subcommand behind a bar, as in {@code OBJECT|FREQ}
 * @param arity how many arguments there are, the name being the first; negative: so many or more
 * @param keys where its keys are
 */
record Command(String name, int arity, Access access, Keys keys, Action action) {
    /** What a command does to the keys that it names. */
    enum Access {
        READ,
        WRITE,
        /** Writes the whole database, or more. */
        WRITE_ALL,
        /** Looks through the database while others write in it. */
        LOOK_THROUGH
    }

    /** Where keys are among the arguments: the first and the last, from the end if negative, and the step between them. */
    record Keys(int first, int last, int step) {
        static final Keys NONE = new Keys(0, 0, 0);
        static final Keys FIRST = new Keys(1, 1, 1);
        /** One name, under which two databases are written. */
        static final Keys FIRST_IN_TWO = new Keys(1, 1, 2);

        static final Keys SECOND = new Keys(2, 2, 1);
        static final Keys TWO = new Keys(1, 2, 1);
        static final Keys ALL = new Keys(1, -1, 1);
        static final Keys PAIRS = new Keys(1, -1, 2);

        boolean isOne() {
            return first != 0 && first == last && step == 1;
        }
    }

    /** Carries the command out and writes its reply, all of it or, if it throws a {@link Refusal}, nothing that counts. */
    @FunctionalInterface
    interface Action {
        void run(Call call);
    }

    /** @throws Refusal if it cannot be with so many arguments */
    void requireArity(int count) {
        if (arity > 0 ? count != arity : count < -arity) {
            throw Refusal.arity(name.toLowerCase(Locale.ROOT));
        }
    }

    boolean isWholeSpace() {
        return access == Access.WRITE_ALL || access == Access.LOOK_THROUGH;
    }

    /** Adds the stripes of all keys that it names. */
    void stripes(Store store, byte[][] arguments, BitSet into) {
        if (keys.first() == 0) {
            return;
        }
        int last = keys.last() < 0 ? arguments.length + keys.last() : keys.last();
        for (int i = keys.first(); i <= last; i += keys.step()) {
            into.set(Stripes.of(store.hash(arguments[i])));
        }
    }
}
