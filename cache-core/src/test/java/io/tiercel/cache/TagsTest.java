package io.tiercel.cache;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What two processes know of tags through a store that tells of no changes, so that it is good for the bound. */
class TagsTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier store = new FakeTier("redis", time);
    private final Tags here = tags(store, ofMinutes(1));
    private final Tags there = tags(store, ofMinutes(1));

    private Tags tags(@Nullable FakeTier tier, Duration ttl) {
        Live<CachePolicy> policy = new Live<>(CachePolicy.UNSET.ttl(ttl), p -> {}, (before, after) -> {});
        TierGuard guard = tier == null ? null : Guards.of(tier, time);
        return new Tags(new Watch("t", ofSeconds(1)), guard, policy, time);
    }

    private Tag.Known known(Tags tags, String name) {
        return requireNonNull(tags.known(List.of(name)).join().get(0).good(time.nanos()));
    }

    private boolean holds(Tags tags, String name, long stamp) {
        return tags.known(List.of(name)).join().get(0).holds(stamp, time.nanos());
    }

    @Test
    void an_invalidation_ends_what_was_stamped_before_it_and_nothing_after() {
        long before = here.stamp();

        there.invalidate("x", ZERO).join();

        assertThat(holds(here, "x", before)).isFalse();
        assertThat(holds(here, "y", before)).isTrue();
        assertThat(here.stamp()).isGreaterThan(before).isEqualTo(there.stamp());
        assertThat(holds(here, "x", here.stamp())).isTrue();
    }

    @Test
    void what_is_known_is_good_for_the_bound_and_no_longer() {
        Tag tag = here.known(List.of("x")).join().get(0);
        there.invalidate("x", ZERO).join();

        assertThat(tag.holds(0, time.nanos())).isTrue();
        time.advance(ofSeconds(1));
        assertThat(tag.holds(0, time.nanos())).isFalse();
        assertThat(holds(here, "x", 0)).isFalse();
    }

    @Test
    void stamps_go_on_growing_when_the_store_has_lost_them() {
        here.invalidate("x", ZERO).join();
        long old = here.stamp();
        store.notes.clear();
        time.advance(ofSeconds(2));

        Tags third = tags(store, ofMinutes(1));
        third.invalidate("x", ZERO).join();

        assertThat(third.stamp()).isGreaterThan(old);
        assertThat(holds(here, "x", old)).isFalse();
    }

    @Test
    void a_store_that_does_not_answer_fails_both() {
        store.failing = true;

        assertThatThrownBy(() -> here.known(List.of("x")).join()).hasMessageContaining("could not be read");
        assertThatThrownBy(() -> here.invalidate("x", ZERO).join()).hasMessageContaining("down");
    }

    @Test
    void a_note_of_some_other_form_is_none_and_is_replaced() {
        here.invalidate("x", ZERO).join();
        store.notes.replaceAll(
                (key, stored) -> new FakeTier.Stored(new byte[] {1, 2, 3}, stored.ttl(), stored.endMillis()));
        time.advance(ofSeconds(2));
        assertThat(holds(there, "x", 0)).isTrue();

        there.invalidate("x", ZERO).join();

        assertThat(holds(there, "x", 0)).isFalse();
    }

    @Test
    void a_grace_is_of_one_invalidation_and_ends_with_the_next() {
        long first = here.stamp();
        here.invalidate("x", ofMinutes(1)).join();
        Tag.Known graced = known(here, "x");
        assertThat(graced.ends(first) && graced.graces(first)).isTrue();

        here.invalidate("x", ZERO).join();

        Tag.Known after = known(here, "x");
        assertThat(after.ends(first)).isTrue();
        assertThat(after.graces(first)).isFalse();
    }

    @Test
    void a_tags_note_outlives_any_entry_that_carries_it() {
        assertThat(tags(store, ofMinutes(1)).retention()).isEqualTo(ofDays(1));
        assertThat(tags(store, ofDays(3)).retention()).isEqualTo(ofDays(6));
        assertThat(tags(store, CachePolicy.LONGEST).retention()).isEqualTo(CachePolicy.LONGEST);
    }

    @Test
    void without_a_store_more_tags_than_are_kept_end_all_rather_than_none() {
        Tags alone = tags(null, ofMinutes(1));
        alone.invalidate("first", ZERO).join();
        long stamp = alone.stamp();
        assertThat(holds(alone, "first", stamp)).isTrue();

        for (int i = 0; i <= 100_000; i++) {
            alone.invalidate("tag" + i, ZERO).join();
        }

        assertThat(holds(alone, "first", stamp)).isFalse();
        assertThat(holds(alone, "never heard of", stamp)).isFalse();
        assertThat(holds(alone, "first", alone.stamp())).isTrue();
    }
}
