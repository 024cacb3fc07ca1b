package io.tiercel.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.tier.Frame;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DetoursTest {
    private final Detours detours = new Detours();

    private static Frame frame(@Nullable String value, long born) {
        return Frame.of("t:a", 1, born, 1, 1, null, value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void another_value_than_was_handed_out_is_contradicted_until_something_is_taken_for_the_key() {
        detours.note("t:a", frame("new", 2));

        assertThat(detours.contradict("t:a", frame("old", 1))).isTrue();
        assertThat(detours.contradict("t:b", frame("old", 1))).isFalse();
        detours.settled("t:a");
        assertThat(detours.contradict("t:a", frame("old", 1))).isFalse();
    }

    @Test
    void the_same_value_is_not_contradicted_whenever_it_was_stored_nor_is_what_comes_after_it() {
        detours.note("t:a", frame("v", 2));

        assertThat(detours.contradict("t:a", frame("v", 1))).isFalse();
        assertThat(detours.contradict("t:a", frame("w", 3))).isFalse();
    }

    @Test
    void that_there_is_no_value_is_another_than_an_empty_one_or_one_that_cannot_be_stored() {
        detours.note("t:a", frame(null, 1));
        assertThat(detours.contradict("t:a", frame("", 1))).isTrue();
        assertThat(detours.contradict("t:a", frame(null, 2))).isFalse();

        detours.note("t:a", null);
        assertThat(detours.contradict("t:a", frame(null, 1))).isTrue();
        assertThat(detours.contradict("t:a", frame("v", 1))).isTrue();
    }
}
