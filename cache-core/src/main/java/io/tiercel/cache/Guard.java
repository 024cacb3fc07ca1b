package io.tiercel.cache;

/** What keeps an anomaly out, one each. Only tests switch one off, to see that the anomaly then comes. */
enum Guard {
    /** Tickets: what was read before a write is not kept in L1 after it. */
    FENCES,
    /** Entries of L1 are used only while somebody vouches for them, or for a moment. */
    BARRIER,
    /** A fill of the first tier replaces its own placeholder only. */
    LEASE_CHECK,
    /** A fill of a deeper tier replaces its own placeholder only. */
    DEEP_CHECK,
    /** A removal goes to the deepest tier first. */
    REMOVAL_ORDER,
    /** What a deeper tier did not remove is made unreadable in it. */
    FLOORS,
    /** What the first tier did not remove is removed later, and not read until then. */
    REPAIRS,
    /** A reader that comes after a change does not join a look or load of before. */
    DETACHING
}
