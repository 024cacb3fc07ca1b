package io.tiercel.coherence;

/** Breaks something for a while and heals it, once for each call. */
interface Nemesis {
    /** As in the report. */
    String name();

    /** Notes in {@link Arena#faults} what is broken while it is; returns when it is healed. */
    void strike(Arena arena) throws Exception;

    static Nemesis of(String name, Strike strike) {
        return new Nemesis() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void strike(Arena arena) throws Exception {
                strike.on(arena);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    /** The deed alone. */
    @FunctionalInterface
    interface Strike {
        void on(Arena arena) throws Exception;
    }
}
