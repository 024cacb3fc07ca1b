package io.tiercel.cache;

/**
 * A key that is looked for in the remote tiers.
 *
 * @param key as they know it
 * @param ticket taken before anything was read
 */
record Sought(String key, Ticket ticket) {
    /** The part of the key space whose generation counts. */
    int index() {
        return ticket.section() == null ? 0 : ticket.section().index();
    }
}
