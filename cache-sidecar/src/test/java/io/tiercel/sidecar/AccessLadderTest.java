package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what, over a socket: Redis' texts, and what a client may send before it has said who it is. */
final class AccessLadderTest {
    private static final String NOAUTH = "-NOAUTH Authentication required.\r\n";
    private static final String WRONGPASS = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

    @TempDir
    private Path directory;

    private @Nullable RunningSidecar sidecar;

    @BeforeEach
    void start() throws IOException, StartException {
        Path file = Files.writeString(directory.resolve("tiercel.yaml"), """
                password: the-secret
                users:
                  - {name: reader, password: reads, access: read, prefixes: ["r:"]}
                  - {name: writer, password: writes, access: write, prefixes: ["w:", "s:"]}
                  - {name: wide, password: wides, access: write}
                  - {name: operator, password: all, access: all, prefixes: ["o:"]}
                """);
        sidecar = RunningSidecar.with("--config", file.toString());
    }

    @AfterEach
    void end() {
        if (sidecar != null) {
            sidecar.close();
        }
    }

    private RawClient client() throws IOException {
        if (sidecar == null) {
            throw new IllegalStateException("not started");
        }
        return sidecar.client();
    }

    private RawClient client(String user, String password) throws IOException {
        RawClient client = client();
        assertThat(client.ask("AUTH", user, password)).isEqualTo("+OK\r\n");
        return client;
    }

    private static String noCommand(String command) {
        return "-NOPERM this user has no permissions to run the '" + command + "' command\r\n";
    }

    private static final String NO_KEY =
            "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {"PING", "GET k", "INFO", "COMMAND", "CLIENT ID", "MULTI", "EXEC", "NOSUCH", "GET", "FLUSHALL"})
    void nothing_is_done_for_a_client_that_has_not_said_who_it_is(String command) throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask(command.split(" "))).isEqualTo(NOAUTH);
        }
    }

    @Test
    void hello_without_a_login_says_how_to_log_in() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("HELLO", "3")).startsWith("-NOAUTH HELLO must be called with the client already");
            assertThat(client.ask("HELLO", "4")).startsWith("-NOPROTO");
            assertThat(client.ask("HELLO", "3", "AUTH", "default", "wrong")).isEqualTo(WRONGPASS);
            assertThat(client.ask("HELLO", "3", "AUTH", "default", "the-secret"))
                    .startsWith("%7\r\n");
            assertThat(client.ask("PING")).isEqualTo("+PONG\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"default,wrong", "nobody,the-secret", "reader,the-secret", "default,''", "DEFAULT,the-secret"})
    void a_wrong_login_is_told_in_one_way(String user, String password) throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("AUTH", user, password)).isEqualTo(WRONGPASS);
            assertThat(client.ask("PING")).isEqualTo(NOAUTH);
            assertThat(client.ask("AUTH", "the-secret")).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void after_three_wrong_passwords_the_connection_ends() throws IOException {
        try (RawClient client = client()) {
            client.send(RawClient.encoded("AUTH", "1").repeat(50) + RawClient.encoded("AUTH", "the-secret"));

            assertThat(client.rest()).isEqualTo(WRONGPASS.repeat(3));
        }
    }

    @Test
    void a_wrong_password_of_one_who_is_logged_in_changes_nothing() throws IOException {
        try (RawClient client = client("default", "the-secret")) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.ask("AUTH", "wrong")).isEqualTo(WRONGPASS);
            }
            assertThat(client.ask("SET", "k", "v")).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void reset_forgets_who_it_was_and_the_limits_hold_again() throws IOException {
        try (RawClient client = client("default", "the-secret")) {
            assertThat(client.ask("RESET")).isEqualTo("+RESET\r\n");
            assertThat(client.ask("GET", "k")).isEqualTo(NOAUTH);
            assertThat(client.send("*11\r\n").rest())
                    .isEqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'*11\r\n',unauthenticated multibulk length",
        "'*2\r\n$4\r\nAUTH\r\n$16385\r\n',unauthenticated bulk length",
        "'*2\r\n$4\r\nAUTH\r\n$2147483647\r\n',invalid bulk length"
    })
    void before_the_login_requests_are_small(String sent, String refusal) throws IOException {
        try (RawClient client = client()) {
            assertThat(client.send(sent).rest()).isEqualTo("-ERR Protocol error: " + refusal + "\r\n");
        }
    }

    @Test
    void what_is_just_small_enough_is_read_before_the_login() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("AUTH", "x".repeat(16 << 10))).isEqualTo(WRONGPASS);
            assertThat(client.ask("ECHO", "2", "3", "4", "5", "6", "7", "8", "9", "10"))
                    .isEqualTo(NOAUTH);
        }
    }

    @Test
    void after_the_login_requests_may_be_large_in_the_same_read() throws IOException {
        try (RawClient client = client()) {
            client.send(RawClient.encoded("AUTH", "the-secret") + RawClient.encoded("SET", "k", "v".repeat(100_000)));

            assertThat(client.reply()).isEqualTo("+OK\r\n");
            assertThat(client.reply()).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void a_reader_reads_the_keys_that_are_its_own() throws IOException {
        try (RawClient writer = client("default", "the-secret");
                RawClient reader = client("reader", "reads")) {
            writer.ask("SET", "r:1", "one");

            assertThat(reader.ask("GET", "r:1")).isEqualTo("$3\r\none\r\n");
            assertThat(reader.ask("MGET", "r:1", "r:2")).isEqualTo("*2\r\n$3\r\none\r\n$-1\r\n");
            assertThat(reader.ask("GET", "x")).isEqualTo(NO_KEY);
            assertThat(reader.ask("GET", "R:1")).isEqualTo(NO_KEY);
            assertThat(reader.ask("GET", "r")).isEqualTo(NO_KEY);
            assertThat(reader.ask("MGET", "r:1", "x")).isEqualTo(NO_KEY);
            assertThat(reader.ask("SET", "r:1", "two")).isEqualTo(noCommand("set"));
            assertThat(reader.ask("GETDEL", "r:1")).isEqualTo(noCommand("getdel"));
            assertThat(reader.ask("GETEX", "r:1", "PERSIST")).isEqualTo(noCommand("getex"));
            assertThat(reader.ask("DEL", "r:1")).isEqualTo(noCommand("del"));
            assertThat(reader.ask("PING")).isEqualTo("+PONG\r\n");
            assertThat(reader.ask("GET", "r:1")).isEqualTo("$3\r\none\r\n");
        }
    }

    @Test
    void a_writer_changes_its_keys_and_nothing_else() throws IOException {
        try (RawClient writer = client("writer", "writes")) {
            assertThat(writer.ask("SET", "w:1", "v")).isEqualTo("+OK\r\n");
            assertThat(writer.ask("MSET", "w:1", "v", "s:1", "v")).isEqualTo("+OK\r\n");
            assertThat(writer.ask("MSET", "w:1", "v", "x", "v")).isEqualTo(NO_KEY);
            assertThat(writer.ask("MSET", "x", "w:1", "w:1", "v")).isEqualTo(NO_KEY);
            assertThat(writer.ask("RENAME", "w:1", "x")).isEqualTo(NO_KEY);
            assertThat(writer.ask("COPY", "x", "w:2")).isEqualTo(NO_KEY);
            for (String whole : new String[] {"FLUSHALL", "FLUSHDB", "DBSIZE", "RANDOMKEY", "INFO"}) {
                assertThat(writer.ask(whole)).isEqualTo(noCommand(whole.toLowerCase(Locale.ROOT)));
            }
            assertThat(writer.ask("KEYS", "*")).isEqualTo(noCommand("keys"));
            assertThat(writer.ask("SCAN", "0")).isEqualTo(noCommand("scan"));
            assertThat(writer.ask("CONFIG", "GET", "*")).startsWith("-NOPERM ");
            assertThat(writer.ask("EXISTS", "x", "w:1")).isEqualTo(NO_KEY);
        }
    }

    @Test
    void what_a_user_may_not_do_is_not_done_inside_a_transaction_either() throws IOException {
        try (RawClient writer = client("writer", "writes")) {
            assertThat(writer.ask("MULTI")).isEqualTo("+OK\r\n");
            assertThat(writer.ask("SET", "w:1", "in")).isEqualTo("+QUEUED\r\n");
            assertThat(writer.ask("SET", "x", "v")).isEqualTo(NO_KEY);
            assertThat(writer.ask("FLUSHALL")).isEqualTo(noCommand("flushall"));
            assertThat(writer.ask("EXEC"))
                    .isEqualTo("-EXECABORT Transaction discarded because of previous errors.\r\n");
            assertThat(writer.ask("WATCH", "x")).isEqualTo(NO_KEY);
        }
    }

    @Test
    void of_users_with_all_commands_only_those_with_all_keys_may_touch_the_whole() throws IOException {
        try (RawClient all = client("default", "the-secret");
                RawClient some = client("operator", "all");
                RawClient wide = client("wide", "wides")) {
            assertThat(some.ask("SET", "o:1", "v")).isEqualTo("+OK\r\n");
            assertThat(some.ask("SET", "x", "v")).isEqualTo(NO_KEY);
            assertThat(some.ask("FLUSHALL")).isEqualTo(noCommand("flushall"));
            assertThat(wide.ask("SET", "x", "v")).isEqualTo("+OK\r\n");
            assertThat(wide.ask("FLUSHALL")).isEqualTo(noCommand("flushall"));
            assertThat(all.ask("FLUSHALL")).isEqualTo("+OK\r\n");
        }
    }
}
