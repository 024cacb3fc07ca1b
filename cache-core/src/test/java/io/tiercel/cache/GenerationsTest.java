package io.tiercel.cache;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What two processes know of a cache's generation through a store that tells of no changes: one part, good for the bound. */
class GenerationsTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier store = new FakeTier("redis", time);
    private final Generations here = generations();
    private final Generations there = generations();

    private Generations generations() {
        TierGuard guard = Guards.of(store, time);
        return new Generations(new Watch("t", ofSeconds(1)), guard, true, time);
    }

    @Test
    void both_begin_in_the_same_one() {
        assertThat(there.current(0).join().stamped())
                .isEqualTo(here.current(0).join().stamped());
    }

    @Test
    void a_new_one_ends_what_is_of_the_old_one_but_not_the_floor() {
        Generations.Known before = here.current(0).join();

        there.advanceAll(ZERO).join();

        assertThat(here.current(0).join()).as("for the bound").isEqualTo(before);
        time.advance(ofSeconds(1));
        assertThat(here.good(0)).isNull();
        Generations.Known after = here.current(0).join();
        assertThat(after.isOf(before.stamped())).isFalse();
        assertThat(after.isGraced(before.stamped())).isFalse();
        assertThat(after.isAboveFloor(before.stamped())).isTrue();
    }

    @Test
    void a_grace_lasts_until_its_end_and_no_longer_than_its_generation() {
        Generations.Known before = here.current(0).join();
        there.advanceAll(ofSeconds(30)).join();
        assertThat(here.fresh(0).join().isGraced(before.stamped())).isTrue();

        time.advance(ofSeconds(31));
        assertThat(here.fresh(0).join().isGraced(before.stamped())).isFalse();

        long second = there.fresh(0).join().stamped();
        there.advanceAll(ofSeconds(30)).join();
        there.advanceAll(ZERO).join();
        assertThat(here.fresh(0).join().isGraced(second)).isFalse();
    }

    @Test
    void a_raised_floor_hides_what_deeper_tiers_hold_and_ends_nothing_in_the_first() {
        Generations.Known before = here.current(0).join();

        there.raiseFloor(0).join();

        Generations.Known after = here.fresh(0).join();
        assertThat(after.isOf(before.stamped())).isTrue();
        assertThat(after.isAboveFloor(before.stamped())).isFalse();
    }

    @Test
    void who_raised_the_floor_without_knowing_the_generation_gives_a_store_that_lost_it_back() {
        here.raiseFloor(0).join();
        long known = there.fresh(0).join().stamped();
        store.notes.clear();

        assertThat(here.fresh(0).join().stamped()).isEqualTo(known);
    }

    @Test
    void a_store_that_lost_its_notes_gets_them_back_from_who_has_only_read_them() {
        there.advanceAll(ZERO).join();
        there.raiseFloor(0).join();
        long known = here.fresh(0).join().stamped();
        store.notes.clear();

        assertThat(here.fresh(0).join().stamped()).isEqualTo(known);
        assertThat(generations().fresh(0).join().stamped()).isEqualTo(known);
    }

    @Test
    void who_reads_while_a_new_one_begins_does_not_remember_the_old_one() {
        here.current(0).join();
        long old = here.current(0).join().stamped();
        here.advanceAll(ZERO).join();
        store.notes.clear();

        assertThat(here.fresh(0).join().isOf(old)).isFalse();
    }

    @Test
    void while_the_store_does_not_answer_there_is_what_was_known_last() {
        Generations.Known known = here.current(0).join();
        time.advance(ofSeconds(2));
        store.failing = true;

        assertThatThrownBy(() -> here.current(0).join()).hasMessageContaining("generation could not be read");
        assertThat(here.good(0)).isNull();
        assertThat(requireNonNull(here.last(0)).stamped()).isEqualTo(known.stamped());
        assertThat(there.last(0)).isNull();
    }

    @Test
    void what_the_store_did_not_take_has_ended_here_all_the_same() {
        long old = here.current(0).join().stamped();
        store.failing = true;
        assertThatThrownBy(() -> here.advanceAll(ZERO).join()).hasMessageContaining("down");

        Generations.Known last = requireNonNull(here.last(0));
        assertThat(last.isOf(old)).isFalse();
    }
}
