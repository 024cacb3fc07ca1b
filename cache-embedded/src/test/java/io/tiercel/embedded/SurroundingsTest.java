package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SurroundingsTest {

    @Test
    void a_forced_choice_goes_before_addresses() {
        Surroundings surroundings = new Surroundings(
                Map.of("TIERCEL_REDIS", "a:1", "TIERCEL_MEMCACHED", "b:2", "TIERCEL_SERVERS", "local"));

        assertThat(surroundings.redis()).isNull();
        assertThat(surroundings.memcached()).isNull();
    }

    @Test
    void an_empty_variable_counts_as_none() {
        Surroundings surroundings = new Surroundings(Map.of("TIERCEL_REDIS", " ", "TIERCEL_SERVERS", ""));

        assertThat(surroundings.redis()).isNull();
        assertThat(surroundings.only()).isNull();
    }

    @Test
    void a_wrong_variable_is_named_in_the_message() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Surroundings(Map.of("TIERCEL_REDIS", "nonsense")).redis())
                .withMessageStartingWith("TIERCEL_REDIS: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Surroundings(Map.of("TIERCEL_SERVERS", "cloud")).only())
                .withMessageContaining("'cloud'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Surroundings(Map.of("TIERCEL_REQUIRE_SERVERS", "yes")).requiresServers())
                .withMessageContaining("TIERCEL_REQUIRE_SERVERS must be 'true' or 'false', found 'yes'");
    }

    @Test
    void when_nothing_is_found_the_message_says_how_to_get_it_and_what_was_tried() {
        Choice choice = new Choice(new Surroundings(Map.of("PATH", "/nowhere:\0", "TIERCEL_SERVERS", "local")));

        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(choice::memcached)
                .withMessageContaining(Memcached.howToGetIt())
                .withMessageContaining("no memcached on PATH");
        assertThat(new Choice(new Surroundings(Map.of("TIERCEL_SERVERS", "local"))).memcachedIfAvailable())
                .isNull();
    }

    @Test
    void where_servers_are_required_nobody_goes_on_without() {
        Map<String, String> nothing = Map.of("PATH", "/nowhere", "TIERCEL_SERVERS", "local");
        Map<String, String> required = new HashMap<>(nothing);
        required.put("TIERCEL_REQUIRE_SERVERS", "true");

        assertThat(Memcached.startIfAvailable(MemcachedOptions.defaults(), new Surroundings(nothing)))
                .isEmpty();
        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> Memcached.startIfAvailable(MemcachedOptions.defaults(), new Surroundings(required)))
                .withMessageContaining(Memcached.howToGetIt());
    }

    @Test
    void the_way_to_memcached_names_each_choice() {
        assertThat(Memcached.howToGetIt())
                .contains(
                        "apt-get install memcached", "brew install memcached", "container engine", "TIERCEL_MEMCACHED");
    }
}
