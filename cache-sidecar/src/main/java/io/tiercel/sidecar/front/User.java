package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/** Who may do what with which keys. Immutable; knows its password only as a digest. */
public final class User {
    private final String name;
    private final byte[] digest;
    private final boolean open;
    private final Access access;
    private final List<byte[]> prefixes;

    /** What a user may do. */
    public enum Access {
        /** Commands that change nothing. */
        READ,
        /** Commands on keys. */
        WRITE,
        /** Everything, what concerns all keys too, such as FLUSHALL. */
        ALL
    }

    private User(String name, byte[] digest, boolean open, Access access, List<byte[]> prefixes) {
        this.name = name;
        this.digest = digest;
        this.open = open;
        this.access = access;
        this.prefixes = prefixes;
    }

    /** The default user of a sidecar without passwords: may do everything. */
    public static User open() {
        return new User("default", new byte[0], true, Access.ALL, List.of());
    }

    /**
     * A user with a password.
     *
     * @param prefixes what the keys begin with that this user may use; empty for all keys
     */
    public static User of(String name, String password, Access access, List<String> prefixes) {
        return new User(
                name,
                digest(password.getBytes(UTF_8)),
                false,
                access,
                prefixes.stream().map(prefix -> prefix.getBytes(UTF_8)).toList());
    }

    String name() {
        return name;
    }

    boolean isOpen() {
        return open;
    }

    Access access() {
        return access;
    }

    /** Takes as long for a wrong password as for the right one. */
    boolean accepts(byte[] password) {
        return MessageDigest.isEqual(digest, digest(password));
    }

    boolean hasAllKeys() {
        return prefixes.isEmpty();
    }

    /** Whether the key is one of this user's, as the client named it. */
    boolean mayUse(byte[] key) {
        if (prefixes.isEmpty()) {
            return true;
        }
        for (byte[] prefix : prefixes) {
            if (key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length)) {
                return true;
            }
        }
        return false;
    }

    private static byte[] digest(byte[] password) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(password);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
