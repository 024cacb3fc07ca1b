package io.tiercel.sidecar.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.sidecar.http.HttpConfig.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Both ports behind TLS, the admin port for holders of a certificate. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private Path directory = Path.of("");
    private @Nullable KeyStore server;
    private @Nullable KeyStore client;
    private @Nullable KeyStore stranger;

    @BeforeAll
    void certificates(@TempDir Path directory) throws Exception {
        this.directory = directory;
        server = pair("server");
        client = pair("client");
        stranger = pair("stranger");
    }

    private KeyStore pair(String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Files.writeString(
                directory.resolve(name + ".crt"),
                pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
        Files.writeString(
                directory.resolve(name + ".key"),
                pem("PRIVATE KEY", keys.getKey(name, PASSWORD).getEncoded()));
        return keys;
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }

    private Serving serving(@Nullable Path clientAuthorities) {
        return Serving.start(config -> new HttpConfig(
                config.pod(),
                config.version(),
                config.readOnly(),
                config.admin(),
                config.tokens(),
                new Tls(directory.resolve("server.crt"), directory.resolve("server.key"), clientAuthorities),
                config.allowedHosts(),
                config.hotKeys(),
                config.limits()));
    }

    private HttpClient client(@Nullable KeyStore own) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("server", requireNonNull(server).getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, own == null ? null : PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static HttpResponse<String> get(HttpClient client, int port, String path) throws Exception {
        URI uri = URI.create("https://localhost:" + port + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    @Test
    void both_ports_speak_it() throws Exception {
        try (Serving serving = serving(null)) {
            HttpClient client = client(null);

            for (int i = 0; i < 3; i++) {
                assertThat(get(client, serving.server.readOnlyPort(), "/api/status")
                                .statusCode())
                        .isEqualTo(200);
                assertThat(get(client, serving.server.adminPort(), "/admin/config")
                                .statusCode())
                        .isEqualTo(200);
            }
            URI tooLong = URI.create("https://localhost:" + serving.server.adminPort() + "/admin/cache/config");
            HttpResponse<String> refused = client.send(
                    HttpRequest.newBuilder(tooLong)
                            .POST(BodyPublishers.ofString("x".repeat(70_000)))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(413);
            assertThat(serving.raw(serving.server.readOnlyPort(), "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                    .doesNotContain("HTTP/1.1 200");
        }
    }

    @Test
    void the_admin_port_asks_for_a_certificate_and_probes_need_none() throws Exception {
        try (Serving serving = serving(directory.resolve("client.crt"))) {
            int admin = serving.server.adminPort();

            assertThat(get(client(client), admin, "/admin/config").statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> get(client(null), admin, "/health")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(client(stranger), admin, "/health")).isInstanceOf(IOException.class);
            assertThat(get(client(null), serving.server.readOnlyPort(), "/health")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void a_file_that_is_no_certificate_stops_the_start() throws Exception {
        Path file = Files.writeString(directory.resolve("no.crt"), "nothing");

        assertThatThrownBy(() -> serving(file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("PEM");
        assertThatThrownBy(() -> serving(directory.resolve("absent.crt"))).hasMessageContaining("absent.crt");
    }
}
