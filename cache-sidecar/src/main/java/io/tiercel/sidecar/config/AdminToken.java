package io.tiercel.sidecar.config;

import java.nio.file.Path;

/**
 * A bearer token of the admin port.
 *
 * @param file where it came from, and where it may be read anew with {@link Secret#read}
 * @param role what its bearer may do
 * @param token of at least {@link #LEAST_BYTES} bytes
 */
public record AdminToken(Path file, Role role, Secret token) {
    /** Shorter tokens are refused, as they could be guessed. */
    public static final int LEAST_BYTES = 32;

    /** What the bearer of a token may do; each may also do what those before it may. */
    public enum Role {
        /** See settings and jobs. */
        READ,
        /** Invalidate, warm up, change settings. */
        OPERATE,
        /** Take tiers out of use, drain. */
        ADMIN
    }
}
