package io.tiercel.sidecar.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Files that come with the software. Stateless. */
final class Resources {
    private Resources() {}

    /** A file beside this class, or with a leading slash from the root of the class path. */
    static Optional<byte[]> find(String name) {
        try (InputStream in = Resources.class.getResourceAsStream(name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot be read from the class path", e);
        }
    }

    static byte[] required(String name) {
        return find(name).orElseThrow(() -> new IllegalStateException(name + " is missing from the class path"));
    }
}
