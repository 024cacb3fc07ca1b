package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Who may do what with which keys. Immutable. */
public final class User {
    private final String name;
    private final Predicate<byte[]> password;
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

    private User(String name, Predicate<byte[]> password, boolean open, Access access, List<byte[]> prefixes) {
        this.name = name;
        this.password = password;
        this.open = open;
        this.access = access;
        this.prefixes = prefixes;
    }

    /** The default user of a sidecar without passwords: may do everything. */
    public static User open() {
        return new User("default", given -> true, true, Access.ALL, List.of());
    }

    /**
     * A user with a password.
     *
     * @param password whether what was given is it; to take as long for a wrong one as for the right one
     * @param prefixes what the keys begin with that this user may use; empty for all keys
     */
    public static User of(String name, Predicate<byte[]> password, Access access, List<String> prefixes) {
        return new User(
                name,
                password,
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

    boolean accepts(byte[] given) {
        return password.test(given);
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
}
