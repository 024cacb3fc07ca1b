package io.tiercel.sidecar.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** A password or token. It shows itself to nobody who prints it. Immutable and thread-safe. */
public final class Secret {
    private static final int MOST_BYTES = 4_096;

    private final byte[] bytes;

    private Secret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** This text in UTF-8. */
    public static Secret of(String text) {
        return new Secret(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What a file holds, less one line break at its end, which most editors leave there. Blocks; for a token that may be
     * replaced while the process runs, call it again.
     *
     * @throws IOException if the file cannot be read, is empty, longer than 4,096 bytes, or of more than one line; the
     *     message says which, and nothing of what it holds
     */
    public static Secret read(Path file) throws IOException {
        byte[] all;
        try {
            all = firstBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no such file", e);
        } catch (java.nio.file.AccessDeniedException e) {
            throw new IOException("this user may not read the file", e);
        }
        if (all.length > MOST_BYTES) {
            throw new IOException("the file is longer than " + MOST_BYTES + " bytes");
        }
        int length = all.length;
        if (length > 0 && all[length - 1] == '\n') {
            length--;
            if (length > 0 && all[length - 1] == '\r') {
                length--;
            }
        }
        if (length == 0) {
            throw new IOException("the file is empty");
        }
        byte[] secret = Arrays.copyOf(all, length);
        for (byte b : secret) {
            if (b == '\n' || b == '\r') {
                throw new IOException("the file has more than one line");
            }
        }
        return new Secret(secret);
    }

    private static byte[] firstBytes(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("this is a directory");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MOST_BYTES + 1);
        }
    }

    /** Whether it is the same; takes as long for a near miss as for any other, whatever the lengths. */
    public boolean matches(byte[] candidate) {
        return MessageDigest.isEqual(digest(bytes), digest(candidate));
    }

    /** Compared as digests: the comparison of two arrays ends at once when their lengths differ. */
    private static byte[] digest(byte[] of) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(of);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /** How long it is, in bytes. */
    public int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object other) {
        return other instanceof Secret that && matches(that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(digest(bytes));
    }

    /** {@code ***}. */
    @Override
    public String toString() {
        return Shown.SECRET;
    }
}
