package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.RedisServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which words of a command are keys: what the table says beside what a real server says to COMMAND GETKEYS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(30)
class KeyFinderIT {
    private final RedisServer redis = RedisServer.start();
    private final CommandTable table = CommandTable.of(Map.of(), invocation -> {}, List.of());

    @AfterAll
    void close() {
        redis.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET a",
                "SET a v EX 10",
                "MGET a b c",
                "MSET a 1 b 2 c 3",
                "MSETNX a 1 b 2",
                "DEL a b",
                "RENAME a b",
                "COPY a b REPLACE",
                "HSET h f v",
                "LMOVE a b LEFT RIGHT",
                "BLPOP a b 0",
                "BLMOVE a b LEFT RIGHT 0",
                "BRPOPLPUSH a b 0",
                "SINTERSTORE d a b",
                "SDIFF a b",
                "SINTERCARD 2 a b LIMIT 1",
                "BITOP AND d a b",
                "PFMERGE d a b",
                "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
                "ZINTERSTORE d 1 a",
                "ZDIFFSTORE d 2 a b",
                "ZUNION 2 a b WITHSCORES",
                "ZINTERCARD 2 a b",
                "ZMPOP 2 a b MIN",
                "BZMPOP 0 2 a b MAX",
                "LMPOP 1 a LEFT",
                "BLMPOP 0 1 a LEFT",
                "EVAL return 2 a b x y",
                "EVALSHA abc 1 a",
                "FCALL f 1 a x",
                "XREAD COUNT 2 STREAMS a b 0 0",
                "XREADGROUP GROUP g c STREAMS a >",
                "XADD s * f v",
                "GEORADIUS a 1 2 3 km STORE b",
                "GEORADIUSBYMEMBER a m 3 km STOREDIST b",
                "GEOSEARCHSTORE d a FROMMEMBER m BYRADIUS 1 km",
                "OBJECT ENCODING a",
                "MEMORY USAGE a",
                "XINFO STREAM a",
                "XGROUP CREATE a g 0"
            })
    void keys_are_where_redis_says(String line) throws IOException {
        byte[][] words =
                Arrays.stream(line.split(" ")).map(word -> word.getBytes(UTF_8)).toArray(byte[][]::new);
        Command command = requireNonNull(table.find(new String(words[0], UTF_8)));
        String second = new String(words[1], UTF_8).toUpperCase(Locale.ROOT);
        List<Integer> keys = requireNonNull(
                command.subcommands().getOrDefault(second, command).keys(words));
        assertThat(keys.stream().map(key -> new String(words[key], UTF_8)).toList())
                .isEqualTo(byRedis(line));
    }

    @Test
    void arguments_that_make_no_sense_have_no_keys() {
        for (String line :
                List.of("EVAL return x a", "EVAL return 3 a", "ZUNION 9 a", "XREAD COUNT 2", "EVAL return")) {
            byte[][] words = Arrays.stream(line.split(" "))
                    .map(word -> word.getBytes(UTF_8))
                    .toArray(byte[][]::new);
            assertThat(KeyFinder.movable(new String(words[0], UTF_8), words))
                    .as(line)
                    .isNull();
        }
    }

    private List<String> byRedis(String line) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port());
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
            socket.getOutputStream().write(("COMMAND GETKEYS " + line + "\r\n").getBytes(UTF_8));
            String header = in.readLine();
            assertThat(header).startsWith("*");
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(header.substring(1)); i++) {
                in.readLine();
                keys.add(in.readLine());
            }
            return keys;
        }
    }
}
