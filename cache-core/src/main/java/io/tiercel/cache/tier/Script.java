package io.tiercel.cache.tier;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script for Redis, and the name under which a server remembers it.
 *
 * @param source what it does
 * @param sha the SHA-1 of the source in hexadecimal digits
 */
public record Script(String source, String sha) {
    /** Both must be there; use {@link #of}. */
    public Script {
        requireNonNull(source, "source");
        requireNonNull(sha, "sha");
    }

    /** The script of that source. */
    public static Script of(String source) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8));
            return new Script(source, HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }
}
