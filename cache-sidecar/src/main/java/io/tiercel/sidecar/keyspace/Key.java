package io.tiercel.sidecar.keyspace;

import io.tiercel.sidecar.resp.Request;
import java.util.Arrays;

/**
 * A key as bytes. Either one that is kept, whose bytes are its own, or a probe: one object that a connection points at
 * the key of each request in turn, so that looking up makes no object.
 *
 * <p>Comparable, so that clients who choose keys of one hash cost a search in a tree and not along a list.
 *
 * <p>A probe belongs to one event loop; a kept key never changes.
 */
public final class Key implements Comparable<Key> {
    private byte[] bytes;
    private int length;
    private int hash;

    private Key(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
        this.hash = hash(bytes, length);
    }

    /** A key to be kept; the array is not copied. */
    public static Key of(byte[] bytes) {
        return new Key(bytes);
    }

    /** A probe that is no key yet. */
    public static Key probe() {
        return new Key(new byte[64]);
    }

    /** Points a probe at an argument, with a prefix before it. */
    public Key point(byte[] prefix, Request request, int argument) {
        int own = request.length(argument);
        length = prefix.length + own;
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, 2 * bytes.length)];
        }
        System.arraycopy(prefix, 0, bytes, 0, prefix.length);
        request.copyTo(argument, bytes, prefix.length);
        hash = hash(bytes, length);
        return this;
    }

    /** The bytes of a key that is kept; for a probe a copy. */
    public byte[] bytes() {
        return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** A key to be kept like this one, in its own bytes. */
    public Key kept() {
        return new Key(Arrays.copyOf(bytes, length));
    }

    int length() {
        return length;
    }

    /** Whether it begins with these bytes. */
    boolean startsWith(byte[] prefix) {
        return length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static int hash(byte[] bytes, int length) {
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key key
                && hash == key.hash
                && length == key.length
                && Arrays.equals(bytes, 0, length, key.bytes, 0, length);
    }

    @Override
    public int compareTo(Key other) {
        return Arrays.compare(bytes, 0, length, other.bytes, 0, other.length);
    }

    /** Says nothing of the key: it is a user's. */
    @Override
    public String toString() {
        return "Key[" + length + " bytes]";
    }
}
