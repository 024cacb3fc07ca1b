package io.tiercel.cache.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import io.tiercel.embedded.ServerSource;
import io.tiercel.embedded.ServerStartException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rediss://} against a real server that speaks TLS, with a user of its own. */
@Timeout(60)
class RedisTlsIT {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final String USER = "user app on >s3cret ~* &* +@all";

    @TempDir
    static Path directory;

    private static Certificate certificate;
    private static Certificate stranger;
    private static RedisServer server;
    private static int tlsPort;

    @BeforeAll
    static void start() throws Exception {
        certificate = Certificate.create(directory, "server");
        stranger = Certificate.create(directory, "stranger");
        tlsPort = freePort();
        server = withTls(tlsPort, RedisServer::start);
        assumeTrue(
                server.source().kind() != ServerSource.Kind.ENVIRONMENT,
                "the server that the environment names has no certificate of this test");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static <S> S withTls(int port, Function<RedisOptions, S> start) {
        try {
            return start.apply(RedisOptions.of(1, 0)
                    .withConfigLines(
                            "tls-port " + port,
                            "tls-cert-file " + certificate.pem(),
                            "tls-key-file " + certificate.key(),
                            "tls-ca-cert-file " + certificate.pem(),
                            "tls-auth-clients no",
                            "tls-cluster yes", // else a cluster would name its port without TLS to everybody
                            USER));
        } catch (ServerStartException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("tls-port") && message.contains("Bad directive")) {
                System.out.println("RedisTlsIT is skipped, this redis-server was built without TLS: " + message);
                abort("this redis-server was built without TLS");
            }
            throw e;
        }
    }

    private static RedisConfig trusting(Certificate trusted, String uri) {
        return RedisConfig.of(uri)
                .name("tls")
                .timeout(Duration.ofSeconds(5))
                .connectTimeout(Duration.ofSeconds(5))
                .trustStore(trusted.trustStore(), Certificate.PASSWORD);
    }

    private static String uri(String credentials, String host) {
        return "rediss://" + credentials + "@" + host + ":" + tlsPort;
    }

    @Test
    void values_go_over_TLS_when_the_certificate_is_in_the_trust_store() {
        try (RedisTier tier = RedisTier.connect(trusting(certificate, uri("app:s3cret", "127.0.0.1")))) {
            List<TierEntry> entries = IntStream.range(0, 1_000)
                    .mapToObj(i -> new TierEntry("k" + i, ("v" + i).getBytes(UTF_8), TTL))
                    .toList();

            tier.putAll(entries).join();

            assertThat(tier.get("k7").join()).isEqualTo("v7".getBytes(UTF_8));
            assertThat(tier.getAll(List.of("k1", "none")).join()).hasSize(2);
        }
    }

    @Test
    void the_nodes_of_a_cluster_are_reached_over_TLS_too() throws Exception {
        int port = freePort();
        try (RedisCluster cluster = withTls(port, RedisCluster::start);
                RedisTier tier = RedisTier.connect(trusting(certificate, "rediss://app:s3cret@127.0.0.1:" + port)
                        .mode(RedisConfig.Mode.CLUSTER))) {
            assertThat(cluster.nodes()).hasSize(1);

            tier.put("k", "v".getBytes(UTF_8), TTL).join();

            assertThat(tier.get("k").join()).isEqualTo("v".getBytes(UTF_8));
        }
    }

    @Test
    void a_certificate_that_is_not_trusted_is_refused_and_the_message_says_so() {
        RedisConfig wrongStore = trusting(stranger, uri("app:s3cret", "127.0.0.1"));
        RedisConfig ofTheJdk = RedisConfig.of(uri("app:s3cret", "127.0.0.1"));

        for (RedisConfig config : List.of(wrongStore, ofTheJdk)) {
            assertThat(catchThrowable(() -> RedisTier.connect(config)))
                    .isInstanceOf(TierException.class)
                    .hasMessageContaining("certificate")
                    .hasMessageContaining("trustStore")
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void a_certificate_of_another_host_is_refused_unless_nobody_looks() {
        RedisConfig otherName = trusting(certificate, uri("app:s3cret", "localhost"));

        assertThat(catchThrowable(() -> RedisTier.connect(otherName)))
                .isInstanceOf(TierException.class)
                .hasMessageContaining("certificate")
                .hasMessageContaining("localhost");
        try (RedisTier tier = RedisTier.connect(otherName.verifyPeer(false))) {
            assertThat(tier.get("none").join()).isNull();
        }
    }

    @Test
    void a_wrong_password_is_refused_by_name_without_showing_it() {
        Throwable wrong =
                catchThrowable(() -> RedisTier.connect(trusting(certificate, uri("app:hunter2", "127.0.0.1"))));

        assertThat(wrong).isInstanceOf(TierException.class).hasMessageContaining("username and password");
        for (Throwable cause = wrong; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("hunter2");
        }
    }

    @Test
    void a_trust_store_that_cannot_be_read_is_named() {
        RedisConfig right = trusting(certificate, uri("app:s3cret", "127.0.0.1"));

        assertThat(catchThrowable(
                        () -> RedisTier.connect(right.trustStore(directory.resolve("none.p12"), Certificate.PASSWORD))))
                .hasMessageContaining("trustStore")
                .hasMessageContaining("none.p12");
        assertThat(catchThrowable(() -> RedisTier.connect(right.trustStore(certificate.trustStore(), "wrong"))))
                .hasMessageContaining("trustStore")
                .hasMessageContaining(certificate.trustStore().toString());
    }

    @Test
    void a_client_without_TLS_is_told_that_nobody_answers() {
        assertThat(catchThrowable(() -> RedisTier.connect("127.0.0.1:" + tlsPort)))
                .isInstanceOf(TierException.class)
                .hasMessageContaining("127.0.0.1:" + tlsPort);
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** A certificate for 127.0.0.1 that signed itself, with its key, and a trust store that holds it alone. */
    private record Certificate(Path pem, Path key, Path trustStore) {
        static final String PASSWORD = "changeit";

        static Certificate create(Path directory, String name) throws Exception {
            Path keys = directory.resolve(name + "-keys.p12");
            Path pem = directory.resolve(name + ".crt");
            Path key = directory.resolve(name + ".key");
            Path trustStore = directory.resolve(name + "-trust.p12");
            keytool(
                    keys,
                    "-genkeypair",
                    "-alias",
                    name,
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-validity",
                    "2",
                    "-dname",
                    "CN=127.0.0.1",
                    "-ext",
                    "san=ip:127.0.0.1");
            keytool(keys, "-exportcert", "-rfc", "-alias", name, "-file", pem.toString());
            keytool(trustStore, "-importcert", "-noprompt", "-alias", name, "-file", pem.toString());
            KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
            byte[] secret = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
            Files.writeString(
                    key,
                    "-----BEGIN PRIVATE KEY-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(secret)
                            + "\n-----END PRIVATE KEY-----\n");
            return new Certificate(pem, key, trustStore);
        }

        private static void keytool(Path store, String... arguments) throws Exception {
            List<String> command = new ArrayList<>();
            command.add(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
            command.addAll(List.of(arguments));
            command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(output).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
        }
    }
}
