package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessTest {
    @TempDir
    private Path directory;

    private String token = "";

    @BeforeEach
    void makeToken() throws IOException {
        token = Files.writeString(directory.resolve("token"), "t".repeat(32) + "\n")
                .toString();
    }

    // ---- open addresses

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.2", "::1", "localhost", "::ffff:127.0.0.1"})
    void this_machine_needs_no_authentication(String address) {
        assertThat(Reading.PLAIN
                        .config("--bind", address, "--admin-bind", address)
                        .warnings())
                .noneMatch(warning -> warning.contains("bind"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "10.1.2.3", "::", "fd00::1", "::ffff:10.1.2.3"})
    void addresses_beyond_it_are_refused_without_authentication(String address) {
        assertThat(Reading.PLAIN.problem("--bind", address))
                .isEqualTo(
                        "bind = '" + address + "' (flag --bind): whoever reaches this address could do everything; set"
                                + " password-file, users or tls-client-ca, or allow-open-bind if the network lets in nobody else");
        assertThat(Reading.PLAIN.problem("--admin-bind", address))
                .isEqualTo("admin-bind = '" + address + "' (flag --admin-bind): whoever reaches this address could do"
                        + " everything; set admin-token-file, admin-tokens or http-tls-client-ca, or allow-open-bind if"
                        + " the network lets in nobody else");
    }

    @Test
    void each_kind_of_authentication_opens_its_own_address_only() {
        String users = "[{name: a, password: b}]";
        String tokens = "[{file: " + token + ", role: read}]";

        open("bind", "--password", "x");
        open("bind", "--password-file", token);
        open("bind", "--users", users);
        open("bind", "--tls-cert", token, "--tls-key", token, "--tls-client-ca", token);
        open("admin-bind", "--admin-token-file", token);
        open("admin-bind", "--admin-tokens", tokens);
        open("admin-bind", "--http-tls-cert", token, "--http-tls-key", token, "--http-tls-client-ca", token);

        closed("bind", "--admin-token-file", token);
        closed("bind", "--users", "[]");
        closed("bind", "--tls-cert", token, "--tls-key", token);
        closed("bind", "--http-tls-cert", token, "--http-tls-key", token, "--http-tls-client-ca", token);
        closed("admin-bind", "--password", "x");
        closed("admin-bind", "--admin-tokens", "[]");
        closed("admin-bind", "--http-tls-cert", token, "--http-tls-key", token);
        closed("admin-bind", "--tls-cert", token, "--tls-key", token, "--tls-client-ca", token);
    }

    private static void open(String bind, String... flags) {
        assertThat(Reading.PLAIN.config(with(flags, bind)).warnings())
                .noneMatch(w -> w.contains("without authentication"));
    }

    private static void closed(String bind, String... flags) {
        assertThat(Reading.PLAIN.problem(with(flags, bind))).startsWith(bind + " = '0.0.0.0'");
    }

    private static String[] with(String[] flags, String bind) {
        List<String> all = new java.util.ArrayList<>(List.of(flags));
        all.add("--" + bind + "=0.0.0.0");
        return all.toArray(String[]::new);
    }

    @Test
    void an_open_address_that_is_meant_is_warned_of() {
        assertThat(Reading.PLAIN
                        .config("--bind", "0.0.0.0", "--admin-bind", "::", "--allow-open-bind")
                        .warnings())
                .contains("bind = '0.0.0.0' (flag --bind) is open to the network without authentication")
                .contains("admin-bind = '::' (flag --admin-bind) is open to the network without authentication");
        assertThat(Reading.PLAIN.problem("--bind", "0.0.0.0", "--allow-open-bind=false"))
                .startsWith("bind");
    }

    @Test
    void passwords_and_tokens_over_plain_text_are_warned_of() {
        String[] flags = {
            "--bind", "0.0.0.0", "--password-file", token, "--admin-bind", "0.0.0.0", "--admin-token-file", token
        };
        assertThat(Reading.PLAIN.config(flags).warnings())
                .anyMatch(w -> w.endsWith("passwords travel unencrypted; set tls-cert and tls-key"))
                .anyMatch(w -> w.endsWith("tokens travel unencrypted; set http-tls-cert and http-tls-key"));
    }

    // ---- users and tokens

    @Test
    void users_are_read_with_what_they_may() {
        String file = Reading.file(
                directory,
                "users:",
                "  - name: reader",
                "    password: r",
                "    prefixes: ['a:', 'b:']",
                "    access: read",
                "  - name: default",
                "    password-file: " + token);

        assertThat(Reading.PLAIN.config("--config", file).access().users())
                .containsExactly(
                        new User("reader", Secret.of("r"), List.of("a:", "b:"), User.Access.READ),
                        new User("default", Secret.of("t".repeat(32)), List.of(), User.Access.WRITE));
    }

    @Test
    void wrong_users_are_told_one_by_one() {
        String file = Reading.file(
                directory,
                "users:",
                "  - {name: a, password: x, acces: read}",
                "  - {name: a, password: x, access: owner, prefixes: ['']}",
                "  - {password: x}",
                "  - {name: c}",
                "  - {name: d, password: x, password-file: " + token + "}",
                "  - {name: e, password-file: /no/such}");

        String from = " (file " + Shown.file(file) + ", line 1): ";
        assertThat(Reading.PLAIN.problems("--config", file))
                .containsExactly(
                        "users[1]" + from + "there is no acces; did you mean access?",
                        "users[2].prefixes = '[\"\"]'" + from
                                + "one of them is empty; leave the setting out for all keys; expected beginnings of keys,"
                                + " such as user:,session:",
                        "users[2].access = 'owner'" + from + "none of these; expected read, write, all",
                        "users[2]" + from + "there is another user a",
                        "users[3].name" + from + "is missing; expected 1 to 64 letters, digits, dots, dashes and"
                                + " underscores, in ASCII",
                        "users[4]" + from + "expected either password or password-file",
                        "users[5]" + from + "expected either password or password-file",
                        "users[6].password-file = '/no/such'" + from
                                + "there is no such file; expected the path of a file with the secret and nothing else");
    }

    @Test
    void the_stronger_of_password_and_password_file_holds_and_two_of_a_kind_are_refused() {
        String file = Reading.file(directory, "password-file: /not/here");
        String both = Reading.file(directory, "password: a", "password-file: " + token);

        SidecarConfig config = Reading.with("TIERCEL_PASSWORD", "p").config("--password-file", token);
        assertThat(config.access().password()).isEqualTo(Secret.of("t".repeat(32)));
        assertThat(Reading.setting(config, "password").value()).isNull();
        assertThat(Reading.PLAIN.problem("--config", both))
                .contains("password = '***'")
                .endsWith("expected one of them");
        assertThat(Reading.with("TIERCEL_PASSWORD", "p")
                        .config("--config", file)
                        .access()
                        .password())
                .isEqualTo(Secret.of("p"));
        assertThat(Reading.with("TIERCEL_PASSWORD", "p").problem("--users", "[{name: default, password: b}]"))
                .startsWith("users = ")
                .contains("the user default has the password");
    }

    @Test
    void tokens_have_roles_and_cannot_be_short() throws IOException {
        Path weak = Files.writeString(directory.resolve("weak"), "t".repeat(31));

        assertThat(Reading.PLAIN
                        .config("--admin-token-file", token, "--admin-tokens", "[{file: " + token + ", role: read}]")
                        .access()
                        .adminTokens())
                .extracting(AdminToken::role)
                .containsExactly(AdminToken.Role.ADMIN, AdminToken.Role.READ);
        assertThat(Reading.PLAIN.problem("--admin-token-file", weak.toString()))
                .contains("the token has 31 bytes and could be guessed")
                .contains("openssl rand -hex 32");
        assertThat(Reading.PLAIN.problems("--admin-tokens", "[{file: " + weak + ", role: root}, {role: read}]"))
                .anyMatch(p -> p.startsWith("admin-tokens[1]") && p.contains("31 bytes"))
                .anyMatch(p -> p.startsWith("admin-tokens[1].role = 'root'") && p.contains("read, operate, admin"))
                .anyMatch(p -> p.startsWith("admin-tokens[2].file") && p.contains("is missing"));
    }

    // ---- what has to go together

    @Test
    void certificates_and_keys_come_in_pairs() {
        assertThat(Reading.PLAIN.problem("--tls-cert", token)).endsWith("needs tls-key, which is not set");
        assertThat(Reading.PLAIN.problem("--tls-key", token)).endsWith("needs tls-cert, which is not set");
        assertThat(Reading.PLAIN.problem("--tls-client-ca", token)).endsWith("needs tls-cert, which is not set");
        assertThat(Reading.PLAIN.problem("--http-tls-key", token)).endsWith("needs http-tls-cert, which is not set");
        assertThat(Reading.PLAIN
                        .config("--tls-cert", token, "--tls-key", token)
                        .listeners()
                        .respTls())
                .isEqualTo(new TlsFiles(Path.of(token), Path.of(token), null));
    }

    @Test
    void limits_and_ports_do_not_contradict_each_other() {
        assertThat(Reading.PLAIN.problem("--http-port", "6380"))
                .isEqualTo("resp-port = '6380' (default) and http-port = '6380' (flag --http-port): expected different"
                        + " ports");
        assertThat(Reading.PLAIN
                        .config("--resp-port=0", "--http-port=0", "--admin-port=0")
                        .listeners()
                        .adminPort())
                .isZero();
        assertThat(Reading.PLAIN.problem("--max-value-bytes", "9m"))
                .isEqualTo("max-value-bytes = '9m' (flag --max-value-bytes): expected at most max-request-bytes = '8m'"
                        + " (default)");
        assertThat(Reading.PLAIN.problem("--max-request-bytes", "65m")).contains("at most max-in-flight-bytes");
        assertThat(Reading.PLAIN.problem("--max-wide-arguments", "1000")).contains("at most max-wide-arguments");
    }

    @Test
    void embedded_excludes_servers_but_for_those_that_stand_for_its_own() {
        Reading servers = new Reading(Map.of("TIERCEL_REDIS", "a:1", "TIERCEL_MEMCACHED", "b:2"));
        String file = Reading.file(directory, "redis: a:1");

        SidecarConfig config = servers.config("--embedded");
        assertThat(config.tiers().embedded()).isTrue();
        assertThat(config.tiers().redis()).isNull();
        assertThat(config.tiers().memcached()).isEmpty();
        assertThat(config.warnings()).isEmpty();
        assertThat(Reading.PLAIN.problems("--embedded", "--memcached", "b:2", "--redis", "a:1"))
                .hasSize(2)
                .allMatch(p -> p.contains("as embedded starts its own servers"));
        assertThat(Reading.PLAIN.problem("--embedded", "--config", file)).contains("redis = 'a:1' (file ");
    }

    @Test
    void memory_alone_is_warned_of_and_memcached_alone_not_used() {
        SidecarConfig config = Reading.PLAIN.config("--memcached", "b:2");

        assertThat(config.warnings())
                .containsExactly(
                        "no redis: serving from memory alone; values are lost when the process ends",
                        "memcached = 'b:2' (flag --memcached) is not used: it needs redis");
        assertThat(config.tiers().memcached()).isEmpty();
        assertThat(Reading.PLAIN.config("--redis", "a:1", "--memcached", "b:2").warnings())
                .isEmpty();
    }

    @Test
    void the_timeout_is_that_of_the_redis_configuration() {
        SidecarConfig config =
                Reading.PLAIN.config("--redis", "a:1", "--redis-timeout", "350ms", "--max-in-flight", "7");

        assertThat(String.valueOf(config.tiers().redis()))
                .contains("timeout=PT0.35S")
                .contains("requestQueueSize=7");
    }
}
