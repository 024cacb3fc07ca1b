package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrefixesTest {
    @Test
    void of_prefixes_that_begin_alike_the_shorter_one_stands_for_both() {
        Prefixes prefixes = Prefixes.of(List.of("a:", "a:b:", "c:", "c:"));

        assertThat(prefixes.shortest()).isEqualTo(Set.of("a:", "c:"));
        assertThat(prefixes.cover(List.of("a:b:", "c:d"))).isTrue();
        assertThat(prefixes.cover(List.of("a"))).isFalse();
    }

    @Test
    void only_what_is_new_is_armed() {
        Prefixes armed = Prefixes.NONE.plus(List.of("a:", "b:"));

        assertThat(armed.missingOf(Prefixes.of(List.of("a:", "a:x", "c:")))).containsExactly("c:");
        assertThat(armed.missingOf(Prefixes.NONE)).isEmpty();
    }

    @Test
    void a_connection_cannot_take_a_shorter_one_later() {
        Prefixes armed = Prefixes.NONE.plus(List.of("a:b:"));

        assertThat(armed.canGrowTo(Prefixes.of(List.of("a:", "a:b:")))).isFalse();
        assertThat(armed.canGrowTo(Prefixes.of(List.of("a:b:", "a:c:")))).isTrue();
        assertThat(armed.canGrowTo(Prefixes.of(List.of("a:b:c")))).isTrue();
    }

    @Test
    void prefixes_that_Redis_would_refuse_are_refused_at_once() {
        for (List<String> wrong :
                List.of(List.<String>of(), List.of("a", "ab"), List.of("a", "a"), List.of("a\uD83C"))) {
            assertThatThrownBy(() -> Prefixes.checked(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("prefix");
        }
    }
}
