package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotsTest {
    @Test
    void a_key_with_a_hash_tag_is_where_its_tag_is() {
        assertThat(Slots.section("{user}:1")).isEqualTo(Slots.section("user"));
        assertThat(Slots.section("a{user}b")).isEqualTo(Slots.section("user"));
        assertThat(Slots.section("a{user}{other}")).isEqualTo(Slots.section("user"));
        assertThat(Slots.section("123456789")).isEqualTo(0x31C3 / Slots.PER_SECTION); // of the specification
    }

    @ParameterizedTest
    @ValueSource(strings = {"ns:g", "", "ns:{}", "ns:{", "ns:}{", "ns:\uD83C\uDF5E", "ns:{}x{"})
    void each_name_has_a_key_of_its_own_in_each_section(String name) {
        Set<String> keys = new HashSet<>();
        for (int section = 0; section < Slots.SECTIONS; section++) {
            String key = Slots.keyIn(section, name);

            assertThat(Slots.section(key)).isEqualTo(section);
            assertThat(key).startsWith(name).hasSizeLessThan(name.length() + 8);
            assertThat(keys.add(key)).isTrue();
        }
    }

    @Test
    void keys_in_sections_are_the_same_in_every_version() {
        assertThat(Slots.keyIn(0, "ns:g")).isEqualTo("ns:g{10}");
        assertThat(Slots.keyIn(63, "ns:g")).isEqualTo("ns:g{x}");
    }

    @Test
    void a_name_with_a_hash_tag_is_in_no_other_section() {
        int own = Slots.section("user");

        assertThat(Slots.keyIn(own, "{user}:")).startsWith("{user}:");
        assertThatThrownBy(() -> Slots.keyIn((own + 1) % Slots.SECTIONS, "{user}:"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hash tag");
    }
}
