package io.tiercel.sidecar.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeapPressureTest {
    private static final long MAXIMUM = 160_000;
    private static final long HEAP = 200_000;

    private final LocalCopies copies = new LocalCopies(MAXIMUM, 0);
    private final List<String> told = new ArrayList<>();
    private final HeapPressure pressure = new HeapPressure(copies, () -> this.heap, told::add);
    private HeapPressure.@Nullable Heap heap;
    private long odd;

    /** A collection has left such a share, and then it is looked at. */
    private void collected(double full) {
        heap = new HeapPressure.Heap((long) (HEAP * full) + odd++ % 2, HEAP);
        pressure.look();
    }

    /** The same, and then so much time passes that what was done about it would be seen. */
    private void collectedAndSettled(double full) {
        collected(full);
        for (int i = 0; i < 20; i++) {
            pressure.look();
        }
    }

    private double share() {
        return (double) copies.maximumBytes() / MAXIMUM;
    }

    @Test
    void L1_becomes_smaller_in_steps_when_the_heap_was_full_twice_and_keeps_a_quarter() {
        pressure.look();
        collectedAndSettled(0.9);
        assertThat(share()).isEqualTo(1);
        collectedAndSettled(0.9);
        assertThat(share()).isEqualTo(0.75);
        collectedAndSettled(0.9);
        collectedAndSettled(0.9);
        assertThat(share()).isEqualTo(0.5);
        for (int i = 0; i < 10; i++) {
            collectedAndSettled(0.94);
        }
        assertThat(share()).isEqualTo(0.25);
        assertThat(told).hasSize(3);
        assertThat(told.get(0)).contains("75% of what is set: 90% of the heap");
    }

    @Test
    void what_a_step_frees_is_given_time_to_be_collected() {
        for (int i = 0; i < 20; i++) {
            collected(0.9);
        }
        assertThat(share()).isEqualTo(0.75);
    }

    @Test
    void a_heap_about_to_burst_is_relieved_at_once_and_by_more() {
        collected(0.97);
        assertThat(share()).isEqualTo(0.5);
        collected(0.97);
        assertThat(share()).isEqualTo(0.25);
    }

    @Test
    void when_there_is_no_memory_even_for_looking_L1_becomes_as_small_as_it_may() {
        HeapPressure blind = new HeapPressure(
                copies,
                () -> {
                    throw new OutOfMemoryError("test");
                },
                told::add);
        blind.look();
        assertThat(share()).isEqualTo(0.25);
    }

    @Test
    void looking_again_at_the_same_collection_is_no_second_look() {
        collected(0.9);
        for (int i = 0; i < 10; i++) {
            pressure.look();
        }
        assertThat(share()).isEqualTo(1);
        assertThat(told).isEmpty();
    }

    @Test
    void a_heap_that_is_full_only_now_and_then_changes_nothing() {
        for (int i = 0; i < 20; i++) {
            collected(i % 2 == 0 ? 0.95 : 0.8);
        }
        assertThat(share()).isEqualTo(1);
    }

    @Test
    void L1_becomes_what_was_set_again_when_there_is_room_and_between_the_limits_it_stays() {
        collectedAndSettled(0.9);
        collectedAndSettled(0.9);
        for (int i = 0; i < 20; i++) {
            collectedAndSettled(0.8);
        }
        assertThat(share()).isEqualTo(0.75);
        for (int i = 0; i < 20; i++) {
            collectedAndSettled(0.5);
        }
        assertThat(share()).isEqualTo(1);
        assertThat(told).as("going down, and being back").hasSize(2);
    }

    /** The heap is as full as what L1 may take, which is at the most 80 % of it, and what else there is make it. */
    @Test
    void with_the_same_need_from_elsewhere_it_comes_to_rest() {
        for (double others = 0.05; others < 0.65; others += 0.05) {
            LocalCopies own = new LocalCopies(MAXIMUM, 0);
            List<Long> maxima = new ArrayList<>();
            HeapPressure.Heap[] now = new HeapPressure.Heap[1];
            HeapPressure one = new HeapPressure(own, () -> now[0], text -> {});
            for (int i = 0; i < 2_000; i++) {
                now[0] = new HeapPressure.Heap((long) (HEAP * others) + own.maximumBytes() + i % 2, HEAP);
                one.look();
                maxima.add(own.maximumBytes());
            }
            assertThat(maxima.subList(1_000, 2_000))
                    .as("others take %.2f", others)
                    .containsOnly(own.maximumBytes());
            assertThat(now[0].full()).isLessThanOrEqualTo(0.9);
        }
    }

    @Test
    void what_is_too_much_is_dropped_on_the_spot() {
        for (int i = 0; i < 500; i++) {
            Key key = Key.of(("k" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            copies.keep(
                    key,
                    copies.ticket(key),
                    LocalCopies.copy(new byte[100], -1, 1L << 60, 0, new io.tiercel.cache.tier.Section(0, 0), 0));
        }
        assertThat(copies.bytes()).isGreaterThan(MAXIMUM * 3 / 4);

        collected(0.9);
        collected(0.9);

        assertThat(copies.bytes()).isLessThanOrEqualTo(MAXIMUM * 3 / 4);
    }
}
