package io.tiercel.sidecar.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a port needs for TLS; all files in PEM, and readable when the settings were read.
 *
 * @param certificate the certificate and those above it
 * @param key its private key
 * @param clientAuthorities whose certificates clients must show; null if they need none
 */
public record TlsFiles(Path certificate, Path key, @Nullable Path clientAuthorities) {}
