package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.resp.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commands made at random, over keys so few that they meet, to a real redis-server and to the keyspace. */
final class RandomCommandsIT {
    private static final long SEED = Long.getLong("fuzz.seed", 20_260_101L);
    private static final int COMMANDS = 20_000;

    private static final List<String> KEYS = List.of("a", "b", "c", "d", "");
    private static final List<String> VALUES = List.of(
            "",
            "0",
            "1",
            "-1",
            "5",
            "10",
            "007",
            "3.5",
            "-0.25",
            "abc",
            "hello world",
            "9223372036854775807",
            "-9223372036854775808",
            "1e3",
            "inf",
            "x".repeat(44),
            "y".repeat(45),
            "\u00ff\u0000\r\n");
    private static final List<String> NUMBERS = List.of(
            "0", "1", "-1", "2", "7", "-3", "100", "-100", "x", "", "9223372036854775807", "-9223372036854775808");
    private static final List<String> FLOATS =
            List.of("0.1", "-0.1", "1e10", "3", "-2.5e-3", "abc", "1e-17", "123456789.123456789");
    /** So far off, or so long gone, that it does not matter when within the test they are used. */
    private static final List<String> SECONDS = List.of("4102444800", "4102444801", "5000000000", "1", "-1", "0", "x");

    private static final List<String> MILLIS =
            List.of("4102444800123", "4102444800124", "5000000000500", "1", "-1", "0", "9223372036854775807");

    private static @Nullable RedisServer server;

    private Random random = new Random(SEED);

    @BeforeAll
    static void start() {
        server = RedisServer.start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static RedisServer redis() {
        RedisServer redis = server;
        if (redis == null) {
            throw new AssertionError("no server");
        }
        return redis;
    }

    @ParameterizedTest
    @EnumSource
    void replies_and_what_is_left_are_those_of_Redis(Protocol protocol) throws IOException {
        List<byte[][]> commands = new ArrayList<>();
        commands.add(Commanded.words("FLUSHALL"));
        for (int i = 0; i < COMMANDS; i++) {
            commands.add(command());
        }
        for (String key : KEYS) {
            commands.add(Commanded.words("GET", key));
            commands.add(Commanded.words("PEXPIRETIME", key));
            commands.add(Commanded.words("OBJECT", "ENCODING", key));
        }
        // Redis counts what has expired until somebody asks for it, which has been done by now.
        commands.add(Commanded.words("DBSIZE"));

        assertSame(protocol, commands);
    }

    private static void assertSame(Protocol protocol, List<byte[][]> commands) throws IOException {
        List<String> expected;
        try (RealRedis connection = new RealRedis(redis(), protocol)) {
            expected = connection.run(commands);
        }
        List<String> replies =
                new Commanded(new MemoryKeyspace(64 << 20, System::currentTimeMillis), protocol).run(commands);
        for (int i = 0; i < commands.size(); i++) {
            assertThat(replies.get(i))
                    .as("command %d of seed %d: %s", i, SEED, text(commands.get(i)))
                    .isEqualTo(expected.get(i));
        }
    }

    private static String text(byte[][] command) {
        return Arrays.stream(command)
                .map(word -> new String(word, ISO_8859_1))
                .toList()
                .toString();
    }

    private byte[][] command() {
        List<String> words = new ArrayList<>(words());
        // Now and then a word more or less than there should be.
        if (random.nextInt(100) == 0) {
            words.add(any(NUMBERS));
        } else if (random.nextInt(100) == 0 && words.size() > 1) {
            words.remove(words.size() - 1);
        }
        return Commanded.words(words.toArray(String[]::new));
    }

    private List<String> words() {
        String key = any(KEYS);
        return switch (random.nextInt(38)) {
            case 0 -> List.of("GET", key);
            case 1, 2 -> List.of("SET", key, any(VALUES));
            case 3, 4 -> options(List.of("SET", key, any(VALUES)), "NX", "XX", "GET", "KEEPTTL", "PERSIST");
            case 5 -> options(List.of("GETEX", key), "PERSIST", "NX");
            case 6 -> List.of("GETDEL", key);
            case 7 -> List.of("GETSET", key, any(VALUES));
            case 8 -> List.of("SETNX", key, any(VALUES));
            case 9 -> List.of("MGET", key, any(KEYS), any(KEYS));
            case 10 -> List.of("MSET", key, any(VALUES), any(KEYS), any(VALUES));
            case 11 -> List.of("MSETNX", key, any(VALUES), any(KEYS), any(VALUES));
            case 12 -> List.of("APPEND", key, any(VALUES));
            case 13 -> List.of("STRLEN", key);
            case 14 -> List.of(random.nextBoolean() ? "GETRANGE" : "SUBSTR", key, any(NUMBERS), any(NUMBERS));
            case 15 -> List.of("SETRANGE", key, any(NUMBERS), any(VALUES));
            case 16 -> List.of(random.nextBoolean() ? "INCR" : "DECR", key);
            case 17 -> List.of(random.nextBoolean() ? "INCRBY" : "DECRBY", key, any(NUMBERS));
            case 18 -> List.of("INCRBYFLOAT", key, any(FLOATS));
            case 19 -> List.of(random.nextBoolean() ? "DEL" : "UNLINK", key, any(KEYS));
            case 20 -> List.of(random.nextBoolean() ? "EXISTS" : "TOUCH", key, any(KEYS));
            case 21 -> List.of("EXPIRETIME", key);
            case 22 -> List.of("PEXPIRETIME", key);
            case 23, 24 -> conditions(List.of("EXPIREAT", key, any(SECONDS)));
            case 25, 26 -> conditions(List.of("PEXPIREAT", key, any(MILLIS)));
            case 27 -> List.of("PERSIST", key);
            case 28 -> List.of("TYPE", key);
            case 29 -> List.of(random.nextBoolean() ? "RENAME" : "RENAMENX", key, any(KEYS));
            case 30 -> copy(key);
            case 31 -> List.of("MOVE", key, any(List.of("1", "0", "2", "16", "x")));
            case 32 -> List.of("OBJECT", any(List.of("ENCODING", "FREQ", "FOO")), key);
            case 33 -> List.of("SETBIT", key, any(NUMBERS.subList(0, 10)), any(List.of("0", "1", "2")));
            case 34 -> List.of("GETBIT", key, any(NUMBERS));
            case 35 -> units(List.of("BITCOUNT", key));
            case 36 -> units(List.of("BITPOS", key, any(List.of("0", "1", "2"))));
            default ->
                List.of(random.nextInt(100) == 0 ? "FLUSHDB" : "PTTL", key).subList(0, 1);
        };
    }

    private List<String> copy(String key) {
        List<String> words = new ArrayList<>(List.of("COPY", key, any(KEYS)));
        if (random.nextBoolean()) {
            words.add("REPLACE");
        }
        if (random.nextBoolean()) {
            words.addAll(List.of("DB", any(List.of("0", "1", "2", "16", "x"))));
        }
        return words;
    }

    private List<String> options(List<String> start, String... flags) {
        List<String> words = new ArrayList<>(start);
        for (int i = random.nextInt(3); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> words.addAll(List.of("EXAT", any(SECONDS)));
                case 1 -> words.addAll(List.of("PXAT", any(MILLIS)));
                default -> words.add(any(List.of(flags)));
            }
        }
        return words;
    }

    private List<String> conditions(List<String> start) {
        List<String> words = new ArrayList<>(start);
        for (int i = random.nextInt(3); i > 0; i--) {
            words.add(any(List.of("NX", "XX", "GT", "LT", "gt", "FOO")));
        }
        return words;
    }

    private List<String> units(List<String> start) {
        List<String> words = new ArrayList<>(start);
        List<String> more = List.of(any(NUMBERS), any(NUMBERS), any(List.of("BIT", "BYTE", "FOO")));
        words.addAll(more.subList(0, random.nextInt(4)));
        return words;
    }

    private String any(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** In three magnitudes, so that sums are rounded in many ways. */
    @Test
    void sums_of_floats_are_those_of_Redis_to_the_last_digit() throws IOException {
        List<byte[][]> commands = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            if (i % 5 == 0) {
                commands.add(Commanded.words("SET", "f", number()));
            }
            commands.add(Commanded.words("INCRBYFLOAT", "f", number()));
        }

        assertSame(Protocol.RESP2, commands);
    }

    private String number() {
        StringBuilder number = new StringBuilder(random.nextBoolean() ? "-" : "");
        digits(number, 1 + random.nextInt(random.nextBoolean() ? 4 : 22));
        if (random.nextInt(4) != 0) {
            number.append('.');
            digits(number, random.nextInt(24));
        }
        if (random.nextInt(4) == 0) {
            number.append('e').append(random.nextInt(60) - 30);
        }
        return number.toString();
    }

    private void digits(StringBuilder into, int count) {
        for (int i = 0; i < count; i++) {
            into.append((char) ('0' + random.nextInt(10)));
        }
    }

    /** Patterns of the characters that mean something, over all short texts of a few of them. */
    @Test
    void patterns_match_what_they_match_in_Redis() throws IOException {
        String alphabet = "ab-^]\u00e9\\*";
        List<byte[][]> commands = new ArrayList<>(List.<byte[][]>of(Commanded.words("FLUSHALL")));
        List<String> texts = new ArrayList<>(List.of(""));
        for (int from = 0; texts.size() < 600; from++) {
            for (int i = 0; i < alphabet.length(); i++) {
                texts.add(texts.get(from) + alphabet.charAt(i));
            }
        }
        texts.forEach(text -> commands.add(Commanded.words("SET", text, "")));
        List<String> patterns = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            StringBuilder pattern = new StringBuilder();
            for (int length = random.nextInt(9); length > 0; length--) {
                pattern.append("ab-^]\u00e9\\**??[[[".charAt(random.nextInt(14)));
            }
            patterns.add(pattern.toString());
            commands.add(Commanded.words("KEYS", pattern.toString()));
        }
        List<String> expected;
        try (RealRedis connection = new RealRedis(redis(), Protocol.RESP2)) {
            expected = connection.run(commands);
        }

        for (int i = 0; i < patterns.size(); i++) {
            Glob glob = new Glob(Commanded.bytes(patterns.get(i)));
            List<String> matched = texts.stream()
                    .filter(text -> glob.matches(Commanded.bytes(text)))
                    .sorted()
                    .toList();

            assertThat(matched)
                    .as("pattern '%s' of seed %d", patterns.get(i), SEED)
                    .isEqualTo(elements(expected.get(1 + texts.size() + i)));
        }
    }

    private static List<String> elements(String reply) {
        return Pattern.compile("\\$\\d+\r\n([^\r]*)\r\n")
                .matcher(reply)
                .results()
                .map(found -> found.group(1))
                .sorted()
                .toList();
    }
}
