package io.tiercel.sidecar.memory;

/** A key as it was when a client asked to WATCH it. */
public final class WatchedKey {
    private final int db;
    private final byte[] key;
    private final long version;

    /**
     * @param db the database it was watched in
     * @param key the key's bytes, which nobody changes
     * @param version as {@link MemoryKeyspace#version} said
     */
    public WatchedKey(int db, byte[] key, long version) {
        this.db = db;
        this.key = key;
        this.version = version;
    }

    int db() {
        return db;
    }

    byte[] key() {
        return key;
    }

    long version() {
        return version;
    }
}
