package io.tiercel.cache.tier.memcached;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemcachedConfigTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"", "cache-1", ":11211", "cache-1:", "cache-1:x", "cache-1:0", "cache-1:65536", "a b:1", "::1:2"
            })
    void a_wrong_address_is_refused_with_the_option_and_the_form(String server) {
        assertThatThrownBy(() -> MemcachedConfig.of("good:11211", server))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("servers")
                .hasMessageContaining("host:port");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cache-1:11211", "10.0.0.1:1", "[::1]:11211"})
    void a_right_address_is_taken(String server) {
        assertThat(MemcachedConfig.of(server).servers()).containsExactly(server);
    }

    @Test
    void wrong_numbers_are_refused_by_name() {
        MemcachedConfig config = MemcachedConfig.of("a:1");
        assertThatThrownBy(() -> MemcachedConfig.of()).hasMessageContaining("servers");
        assertThatThrownBy(() -> config.timeout(Duration.ZERO)).hasMessageContaining("timeout");
        assertThatThrownBy(() -> config.queueSize(0)).hasMessageContaining("queueSize");
        assertThatThrownBy(() -> config.maximumValueBytes(0)).hasMessageContaining("maximumValueBytes");
        assertThatThrownBy(() -> config.maxReconnectDelay(Duration.ofMillis(10)))
                .hasMessageContaining("maxReconnectDelay");
        assertThatThrownBy(() -> config.name("")).hasMessageContaining("name");
    }
}
