package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.RemoteTierContract;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierException;
import io.tiercel.embedded.FaultableServer;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisStandaloneTierIT extends RemoteTierContract {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final RedisServer server = RedisServer.start();

    @Override
    protected RemoteTier connect(String name, Duration timeout) {
        return RedisTier.connect(RedisConfig.of(server.uri()).name(name).timeout(timeout));
    }

    @Override
    protected FaultableServer server() {
        return server;
    }

    @Override
    protected String keyOnServer(int number) {
        return "standalone:" + number;
    }

    @Test
    void another_database_has_other_values() {
        String key = freshKey();
        try (RedisTier third = RedisTier.connect(RedisConfig.of(server.uri() + "/3"));
                RedisTier first = RedisTier.connect(server.uri())) {
            join(third.put(key, bytes("three"), TTL));

            assertThat(join(third.get(key))).isEqualTo(bytes("three"));
            assertThat(join(third.getAll(List.of(key)))).hasSize(1);
            assertThat(join(first.get(key))).isNull();
        }
    }

    @Test
    void a_right_password_is_taken_and_a_wrong_one_refused_by_name_without_showing_it() {
        try (RedisServer locked = RedisServer.start(RedisOptions.of(1, 0).withPassword("right"))) {
            String address = locked.host() + ":" + locked.port();
            try (RedisTier tier = RedisTier.connect(RedisConfig.of(address).password("right"))) {
                join(tier.put("k", bytes("v"), TTL));
            }
            try (RedisTier tier = RedisTier.connect(RedisConfig.of("redis://default:right@" + address))) {
                assertThat(join(tier.get("k"))).isEqualTo(bytes("v"));
            }

            Throwable wrong = catchThrowable(() -> RedisTier.connect(RedisConfig.of(address)
                    .connectTimeout(Duration.ofSeconds(5))
                    .password("hunter2")));
            Throwable none = catchThrowable(
                    () -> RedisTier.connect(RedisConfig.of(address).connectTimeout(Duration.ofSeconds(5))));

            assertThat(wrong).isInstanceOf(TierException.class).hasMessageContaining("password");
            assertThat(none).isInstanceOf(TierException.class).hasMessageContaining("password");
            for (Throwable cause = wrong; cause != null; cause = cause.getCause()) {
                assertThat(cause.toString()).doesNotContain("hunter2");
            }
        }
    }

    @Test
    void a_missing_server_is_told_at_start_with_what_to_do() throws Exception {
        String nowhere = "127.0.0.1:" + freePort();

        assertThatThrownBy(() -> RedisTier.connect(RedisConfig.of(nowhere).name("gone")))
                .isInstanceOf(TierException.class)
                .hasMessageContaining(nowhere)
                .hasMessageContaining("startWithoutServer");
        await().atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(threadsOf("gone")).isEmpty());
    }

    @Test
    void of_several_addresses_the_first_that_answers_is_taken() throws Exception {
        try (RedisTier tier = RedisTier.connect("127.0.0.1:" + freePort() + ",127.0.0.1:" + server.port())) {
            assertThat(join(tier.get(freshKey()))).isNull();
        }
    }

    @Test
    void a_tier_may_start_without_its_server_and_finds_it_later() {
        try (RedisServer late = RedisServer.start()) {
            late.kill();
            try (RedisTier tier =
                    RedisTier.connect(RedisConfig.of(late.uri()).name("late").startWithoutServer(true))) {
                assertThat(failure(tier.get("k")))
                        .isInstanceOf(TierException.class)
                        .hasMessageContaining("not connected");
                assertThat(join(tier.getAll(List.of("a", "b")))).hasSize(2);

                late.restart();

                await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> join(tier.get("k")) == null);
            }
        }
        await().atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(threadsOf("late")).isEmpty());
    }

    @Test
    void a_tier_that_never_found_its_server_closes_completely() throws Exception {
        RedisTier tier = RedisTier.connect(
                RedisConfig.of("127.0.0.1:" + freePort()).name("never").startWithoutServer(true));

        tier.close();

        assertThat(failure(tier.get("k"))).hasMessageContaining("closed");
        await().atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(threadsOf("never")).isEmpty());
    }

    @Test
    void a_single_server_is_no_cluster() {
        assertThatThrownBy(() -> RedisTier.connect(RedisConfig.of(server.uri()).mode(RedisConfig.Mode.CLUSTER)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mode");
    }

    @Test
    void the_script_for_old_servers_does_what_set_does_on_new_ones() {
        RedisClient client = RedisClient.create(server.uri());
        try (var connection = client.connect()) {
            String key = freshKey();
            String script = Commands.PUT_IF_ABSENT.source();
            String[] keys = {key};

            String first = connection.sync().eval(script, ScriptOutputType.VALUE, keys, "one", "60000");
            String second = connection.sync().eval(script, ScriptOutputType.VALUE, keys, "two", "60000");

            assertThat(first).isNull();
            assertThat(second).isEqualTo("one");
            assertThat(connection.sync().pttl(key)).isBetween(1L, 60_000L);
        } finally {
            client.shutdown();
        }
    }

    @Test
    void scripts_survive_a_server_that_forgot_them() {
        String key = freshKey();
        join(tier().put(key, bytes("a"), TTL));
        assertThat(join(tier().replaceIfStartsWith(key, bytes("a"), bytes("b"), TTL)))
                .isTrue();
        RedisClient client = RedisClient.create(server.uri());
        try (var connection = client.connect()) {
            connection.sync().scriptFlush();
        } finally {
            client.shutdown();
        }

        assertThat(join(tier().replaceAllIfStartsWith(List.of(new Replacement(key, bytes("b"), bytes("c"), TTL)))))
                .containsExactly(Outcome.done(true));
        assertThat(join(tier().replaceIfStartsWith(key, bytes("c"), bytes("d"), TTL)))
                .isTrue();
    }

    @Test
    void a_failure_names_the_operation_and_neither_key_nor_value() {
        RedisClient client = RedisClient.create(server.uri());
        String key = freshKey();
        try (var connection = client.connect()) {
            connection.sync().lpush(key, "element");
        } finally {
            client.shutdown();
        }

        assertThat(failure(tier().get(key)))
                .isInstanceOf(TierException.class)
                .hasMessageContaining("GET failed: WRONGTYPE")
                .hasMessageNotContaining(key);
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
