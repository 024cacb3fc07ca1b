package io.tiercel.sidecar.http;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the HTTP ports are started with. Immutable.
 *
 * @param pod this process' name in the fleet
 * @param version of the software
 * @param readOnly where probes, metrics and the page are; it takes GET and HEAD only
 * @param admin where everything is
 * @param tokens who may use {@code /admin}; with none, only loopback and holders of a certificate may
 * @param tls null for plain text
 * @param allowedHosts names beside {@code localhost} and the address that a client may use in its {@code Host} header
 * @param hotKeys whether names of keys may be shown on the page
 * @param limits what one client may take
 */
public record HttpConfig(
        String pod,
        String version,
        Listener readOnly,
        Listener admin,
        List<TokenFile> tokens,
        @Nullable Tls tls,
        List<String> allowedHosts,
        boolean hotKeys,
        Limits limits) {
    public HttpConfig {
        requireNonNull(pod, "pod");
        requireNonNull(version, "version");
        requireNonNull(readOnly, "readOnly");
        requireNonNull(admin, "admin");
        tokens = List.copyOf(tokens);
        allowedHosts = List.copyOf(allowedHosts);
        requireNonNull(limits, "limits");
    }

    /** Both ports on the loopback address, nothing else said. */
    public static HttpConfig onLoopback(String pod, String version, int readOnlyPort, int adminPort) {
        return new HttpConfig(
                pod,
                version,
                new Listener("127.0.0.1", readOnlyPort),
                new Listener("127.0.0.1", adminPort),
                List.of(),
                null,
                List.of(),
                false,
                Limits.defaults());
    }

    /**
     * An address to listen at.
     *
     * @param bind a host name or an address
     * @param port 0 for any free one
     */
    public record Listener(String bind, int port) {
        public Listener {
            requireNonNull(bind, "bind");
        }
    }

    /**
     * A file that holds one token of at least {@value Tokens#SHORTEST} bytes. It is read again when it changes.
     *
     * @param role what the token allows
     * @param file where it is
     */
    public record TokenFile(Path file, Role role) {
        public TokenFile {
            requireNonNull(file, "file");
            requireNonNull(role, "role");
        }
    }

    /**
     * Files in PEM form.
     *
     * @param certificate the chain, the server's own first
     * @param key the private key, not encrypted
     * @param clientAuthorities who may issue the certificates that the admin port then asks clients for; null for none.
     *     The read-only port never asks, since probes have none
     */
    public record Tls(Path certificate, Path key, @Nullable Path clientAuthorities) {
        public Tls {
            requireNonNull(certificate, "certificate");
            requireNonNull(key, "key");
        }
    }

    /**
     * What one client may take.
     *
     * @param connections on each port
     * @param line bytes of the request line
     * @param headers bytes of all headers
     * @param headerCount how many headers
     * @param body bytes of a request's body
     * @param request how long a request may take to arrive, and its reply to be taken
     * @param idle how long a connection may wait for the next request
     * @param handling how long an answer may take to be found
     * @param mutationsPerSecond changes per second, from all clients together
     * @param tokenRefresh how often token files are looked at
     */
    public record Limits(
            int connections,
            int line,
            int headers,
            int headerCount,
            int body,
            Duration request,
            Duration idle,
            Duration handling,
            int mutationsPerSecond,
            Duration tokenRefresh) {
        /** The limits that docs/sidecar.md tells of. */
        public static Limits defaults() {
            return new Limits(
                    200,
                    8_192,
                    8_192,
                    100,
                    65_536,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    50,
                    Duration.ofSeconds(2));
        }
    }
}
