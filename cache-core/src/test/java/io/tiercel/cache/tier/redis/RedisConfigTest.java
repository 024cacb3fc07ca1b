package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tiercel.cache.tier.redis.RedisUri.Server;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisConfigTest {
    @Test
    void all_parts_of_a_uri_are_understood() {
        RedisConfig config = RedisConfig.of("rediss://me:s%40crt%2C+%2F@cache.example:7000/3");

        assertThat(config.tls()).isTrue();
        assertThat(config.username()).isEqualTo("me");
        assertThat(config.password()).isEqualTo("s@crt,+/");
        assertThat(config.servers()).containsExactly(new Server("cache.example", 7000));
        assertThat(config.database()).isEqualTo(3);
    }

    @Test
    void what_a_uri_leaves_out_has_its_default() {
        RedisConfig config = RedisConfig.of("redis://cache");

        assertThat(config.servers()).containsExactly(new Server("cache", 6379));
        assertThat(config.tls()).isFalse();
        assertThat(config.username()).isNull();
        assertThat(config.password()).isNull();
        assertThat(config.database()).isZero();
        assertThat(config.mode()).isEqualTo(RedisConfig.Mode.AUTO);
        assertThat(config.timeout()).isEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://h1:7000,h2:7001",
                "redis://h1:7000,redis://h2:7001",
                "h1:7000,h2:7001",
                " h1:7000 , h2:7001 ",
                "redis://h1:7000/,h2:7001"
            })
    void several_servers_are_separated_by_commas(String uri) {
        assertThat(RedisConfig.of(uri).servers()).containsExactly(new Server("h1", 7000), new Server("h2", 7001));
    }

    @Test
    void an_ipv6_address_stands_in_brackets() {
        assertThat(RedisConfig.of("redis://[::1]:7000,[fe80::1]").servers())
                .containsExactly(new Server("::1", 7000), new Server("fe80::1", 6379));
    }

    @Test
    void a_password_needs_no_user() {
        RedisConfig config = RedisConfig.of("redis://:secret@h:1");

        assertThat(config.username()).isNull();
        assertThat(config.password()).isEqualTo("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "redis://",
                "http://h:1",
                "redis-socket:///tmp/x",
                "redis://h:",
                "redis://h:x",
                "redis://h:0",
                "redis://h:65536",
                "redis://h:99999999999",
                "redis://h:1/x",
                "redis://h:1/-1",
                "redis://h:1?a=b",
                "redis://h:1,,g:2",
                "redis://h:1,rediss://g:2",
                "redis://::1:7000",
                "redis://[::1:7000",
                "redis://a b:1"
            })
    void a_wrong_uri_is_refused_with_the_option_and_the_form(String uri) {
        assertThatThrownBy(() -> RedisConfig.of(uri))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("uri")
                .hasMessageContaining("expected redis://");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://hunter2@h:1",
                "redis://u:hunter2@h:x",
                "redis://u:hunter2@",
                "redis://u:hunter2%zz@h:1",
                "redis://u:hunter2@h:1,u:other@g:1",
                "redis://u:hunter2,x@h:1",
                "http://u:hunter2@h:1"
            })
    void no_message_repeats_a_password(String uri) {
        Throwable thrown = catchThrowable(() -> RedisConfig.of(uri));

        assertThat(thrown).isInstanceOf(IllegalArgumentException.class).hasNoCause();
        assertThat(thrown.getMessage()).doesNotContain("hunter2").doesNotContain("other");
    }

    @Test
    void secrets_are_not_shown() {
        RedisConfig config =
                RedisConfig.of("redis://u:hunter2@h:1").password("hunter3").trustStore(Path.of("trust.p12"), "hunter4");

        assertThat(config.toString()).doesNotContain("hunter").contains("h:1", "***", "trust.p12");
        assertThat(RedisUri.parse("redis://u:hunter2@h:1").toString()).doesNotContain("hunter");
    }

    @Test
    void a_change_leaves_the_original_alone() {
        RedisConfig config = RedisConfig.of("h:1");

        RedisConfig changed = config.name("l2").timeout(Duration.ofMillis(50)).database(2);

        assertThat(changed.name()).isEqualTo("l2");
        assertThat(changed.timeout()).isEqualTo(Duration.ofMillis(50));
        assertThat(changed.database()).isEqualTo(2);
        assertThat(config.name()).isEqualTo("redis");
        assertThat(config.database()).isZero();
    }

    @Test
    void wrong_values_are_refused_by_name() {
        RedisConfig config = RedisConfig.of("h:1");
        assertThatThrownBy(() -> config.timeout(Duration.ZERO)).hasMessageContaining("timeout");
        assertThatThrownBy(() -> config.connectTimeout(Duration.ofNanos(1))).hasMessageContaining("connectTimeout");
        assertThatThrownBy(() -> config.topologyRefresh(Duration.ofMillis(-1))).hasMessageContaining("topologyRefresh");
        assertThatThrownBy(() -> config.requestQueueSize(0)).hasMessageContaining("requestQueueSize");
        assertThatThrownBy(() -> config.database(-1)).hasMessageContaining("database");
        assertThatThrownBy(() -> config.clientName("a b")).hasMessageContaining("clientName");
        assertThatThrownBy(() -> config.password("")).hasMessageContaining("password");
        assertThatThrownBy(() -> config.name("")).hasMessageContaining("name");
    }
}
