package io.tiercel.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.resp.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same commands to a real redis-server and to the keyspace: the same bytes come back, of both versions. */
final class RepliesIT {
    private static @Nullable RedisServer server;

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

    static Stream<Arguments> scripts() {
        return Stream.of(Protocol.values())
                .flatMap(protocol ->
                        Scripts.ALL.lines().filter(line -> !line.isBlank()).map(line -> Arguments.of(protocol, line)));
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void replies_are_those_of_Redis(Protocol protocol, String script) throws IOException {
        List<byte[][]> commands = new ArrayList<>();
        commands.add(Commanded.words("FLUSHALL"));
        for (String line : script.split(";", -1)) {
            commands.add(Commanded.parse(line));
        }
        RedisServer redis = server;
        if (redis == null) {
            throw new AssertionError("no server");
        }
        List<String> expected;
        try (RealRedis connection = new RealRedis(redis, protocol)) {
            expected = connection.run(commands);
        }
        MemoryKeyspace keyspace = new MemoryKeyspace(64 << 20, System::currentTimeMillis);

        List<String> replies = new Commanded(keyspace, protocol).run(commands);

        assertThat(replies).isEqualTo(expected);
    }
}
