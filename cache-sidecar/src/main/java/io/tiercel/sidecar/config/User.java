package io.tiercel.sidecar.config;

import java.util.List;

/**
 * Somebody who may send commands.
 *
 * @param name as given to {@code AUTH name password}; {@code default} is who names nobody
 * @param prefixes the keys that they may use begin with one of these; empty for all keys
 * @param access what they may do with them
 * @param password what it has to show
 */
public record User(String name, Secret password, List<String> prefixes, Access access) {
    public User {
        prefixes = List.copyOf(prefixes);
    }

    /** What a user may do; each may also do what those before it may. */
    public enum Access {
        /** Commands that read keys. */
        READ,
        /** And those that change or remove keys. */
        WRITE,
        /** And those that concern everything, such as {@code FLUSHALL}. */
        ALL
    }
}
