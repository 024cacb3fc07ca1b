package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RedisServerIT {

    @Test
    void a_server_answers_and_can_be_restarted_on_its_port() throws Exception {
        try (RedisServer server = RedisServer.start(RedisOptions.of(1, 0).withMaxmemory("32mb"))) {
            Address address = Address.loopback(server.port());
            try (Resp redis = Resp.connect(address, null, Duration.ofSeconds(2))) {
                assertThat(redis.text("INFO", "memory")).contains("maxmemory:33554432");
            }

            server.kill();
            assertThat(server.isAlive()).isFalse();
            server.restart();

            try (Resp redis = Resp.connect(address, null, Duration.ofSeconds(2))) {
                assertThat(redis.call("PING")).isEqualTo("PONG");
            }
        }
    }

    @Test
    void one_address_in_the_environment_is_used_unless_it_is_a_cluster() {
        try (RedisServer own = RedisServer.start();
                RedisCluster cluster = RedisCluster.start(1);
                RedisServer given = RedisServer.start(RedisOptions.of(1, 0), redisIs(own.uri()));
                RedisServer started = RedisServer.start(RedisOptions.of(1, 0), redisIs(cluster.uri()))) {
            assertThat(given.source().kind()).isEqualTo(ServerSource.Kind.ENVIRONMENT);
            assertThat(given.uri()).isEqualTo(own.uri());
            assertThat(started.source().kind()).isNotEqualTo(ServerSource.Kind.ENVIRONMENT);
        }
    }

    private static Surroundings redisIs(String uri) {
        return new Surroundings(Map.of("TIERCEL_REDIS", uri));
    }
}
