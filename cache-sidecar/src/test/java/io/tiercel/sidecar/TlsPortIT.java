package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Redis port with TLS, and with certificates of clients as well. */
final class TlsPortIT {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private static Path directory;

    private static Path serverPem;
    private static Path serverKey;
    private static Path clientPem;

    private @Nullable RunningSidecar sidecar;

    @BeforeAll
    static void makeCertificates() throws Exception {
        for (String who : List.of("server", "client", "stranger")) {
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            who,
                            "-keyalg",
                            "EC",
                            "-groupname",
                            "secp256r1",
                            "-dname",
                            "CN=" + who,
                            "-ext",
                            "san=ip:127.0.0.1",
                            "-ext",
                            "bc=ca:true",
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-keystore",
                            store(who).toString(),
                            "-storepass",
                            new String(PASSWORD))
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve(who + ".log").toFile())
                    .start();
            assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(keytool.exitValue()).isZero();
        }
        serverPem = pem(
                "server.pem",
                "CERTIFICATE",
                keys("server").getCertificate("server").getEncoded());
        serverKey = pem(
                "server.key",
                "PRIVATE KEY",
                keys("server").getKey("server", PASSWORD).getEncoded());
        clientPem = pem(
                "client.pem",
                "CERTIFICATE",
                keys("client").getCertificate("client").getEncoded());
    }

    private static Path store(String who) {
        return directory.resolve(who + ".p12");
    }

    private static KeyStore keys(String who) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store(who))) {
            keys.load(in, PASSWORD);
        }
        return keys;
    }

    private static Path pem(String file, String what, byte[] der) throws IOException {
        return Files.writeString(
                directory.resolve(file),
                "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + what
                        + "-----\n");
    }

    @AfterEach
    void end() {
        if (sidecar != null) {
            sidecar.close();
        }
    }

    private RunningSidecar sidecar() {
        if (sidecar == null) {
            throw new IllegalStateException("not started");
        }
        return sidecar;
    }

    private void start(String... flags) throws StartException {
        sidecar = RunningSidecar.with(flags);
    }

    private void startWithTls() throws StartException {
        start("--tls-cert", serverPem.toString(), "--tls-key", serverKey.toString(), "--max-connections", "4");
    }

    private void startWithClientCertificates() throws StartException {
        start(
                "--tls-cert",
                serverPem.toString(),
                "--tls-key",
                serverKey.toString(),
                "--tls-client-ca",
                clientPem.toString());
    }

    /** @param who whose certificate the client shows; empty for none */
    private RawClient client(String who, String... protocols) throws IOException, GeneralSecurityException {
        KeyManager[] own = {};
        if (!who.isEmpty()) {
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys(who), PASSWORD);
            own = managers.getKeyManagers();
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys("server").getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket)
                context.getSocketFactory().createSocket("127.0.0.1", sidecar().port());
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return RawClient.over(socket);
    }

    @Test
    void both_versions_are_spoken_and_large_values_come_whole() throws Exception {
        startWithTls();
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (RawClient client = client("", version)) {
                String value = "v".repeat(1_000_000);
                assertThat(client.ask("SET", "k", value)).isEqualTo("+OK\r\n");
                assertThat(client.ask("GET", "k")).isEqualTo("$1000000\r\n" + value + "\r\n");
                client.send(RawClient.encoded("INCR", version).repeat(1_000));
                for (int i = 1; i <= 1_000; i++) {
                    assertThat(client.reply()).isEqualTo(":" + i + "\r\n");
                }
            }
        }
    }

    @Test
    void who_does_not_speak_tls_is_let_go_and_harms_nobody() throws Exception {
        startWithTls();
        for (int i = 0; i < 20; i++) {
            try (RawClient plain = sidecar().client()) {
                plain.send(RawClient.encoded("SET", "k", "v"));
                assertThat(plain.rest()).doesNotContain("OK");
            }
        }
        try (RawClient silent = sidecar().client();
                RawClient client = client("")) {
            assertThat(client.ask("EXISTS", "k")).isEqualTo(":0\r\n");
            assertThat(silent.isCutOffWithin(10_000))
                    .as("a handshake that does not begin")
                    .isTrue();
            assertThat(client.ask("PING")).isEqualTo("+PONG\r\n");
            assertThat(RunningSidecar.figure(client, "connected_clients")).isEqualTo(1);
        }
    }

    @Test
    void where_certificates_are_wanted_only_those_of_the_authority_will_do() throws Exception {
        startWithClientCertificates();
        try (RawClient client = client("client")) {
            assertThat(client.ask("PING")).isEqualTo("+PONG\r\n");
        }
        for (String who : List.of("", "stranger")) {
            // With TLS 1.3 the client has done its part before it is refused, and sees it at the first reply.
            assertThatThrownBy(() -> {
                        try (RawClient client = client(who)) {
                            client.ask("PING");
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        try (RawClient client = client("client")) {
            assertThat(client.ask("PING")).isEqualTo("+PONG\r\n");
        }
    }
}
