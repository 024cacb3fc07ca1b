package io.tiercel.failure.matrix;

import io.tiercel.embedded.Faults;
import java.util.function.Consumer;

/** Something that breaks and is mended. */
interface Fault {
    void strike(Arena arena) throws Exception;

    /** Ends it and returns when the servers themselves say that they are well: what that takes is theirs. */
    void heal(Arena arena) throws Exception;

    /** Puts everything back for the next row. */
    default void tidy(Arena arena) throws Exception {}

    static Fault of(Action strike, Action heal) {
        return of(strike, heal, arena -> {});
    }

    static Fault of(Action strike, Action heal, Action tidy) {
        return new Fault() {
            @Override
            public void strike(Arena arena) throws Exception {
                strike.on(arena);
            }

            @Override
            public void heal(Arena arena) throws Exception {
                heal.on(arena);
            }

            @Override
            public void tidy(Arena arena) throws Exception {
                tidy.on(arena);
            }
        };
    }

    /** Of every proxy in front of Redis. */
    static Fault network(Consumer<Faults> fault) {
        return of(arena -> arena.links().forEach(fault), arena -> arena.links().forEach(Faults::pass));
    }

    /** A step of it. */
    interface Action {
        void on(Arena arena) throws Exception;
    }
}
