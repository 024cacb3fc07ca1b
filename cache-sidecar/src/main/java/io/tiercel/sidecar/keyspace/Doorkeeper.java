package io.tiercel.sidecar.keyspace;

/**
 * Remembers which keys were looked for lately and not found in memory, so that only those which come again are kept: one
 * that is read once would push out one that is read often, and its life would have to be asked for in vain.
 *
 * <p>Forgets and mistakes a key for another now and then, either of which costs a read of Redis. Written by many threads
 * without order for that reason.
 */
final class Doorkeeper {
    private static final int PLACES = 1 << 16;

    private final int[] marks = new int[PLACES];

    /** Whether the key was here before; now it was. */
    boolean seen(Key key) {
        int hash = key.hashCode() * 0x9E3779B9;
        int place = hash >>> 16;
        int mark = (hash * 0x85EBCA6B) | 1;
        if (marks[place] == mark) {
            return true;
        }
        marks[place] = mark;
        return false;
    }
}
