package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.tiercel.coherence.Event.Op;
import io.tiercel.coherence.Event.Outcome;
import io.tiercel.coherence.FaultLog.Phase;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker must see what it is there to see, and nothing else. Times are milliseconds. */
class CheckerTest {
    private final List<Event> events = new ArrayList<>();
    private final FaultLog faults = new FaultLog();

    /** Three versions of key 0, from the first moment on. */
    private Findings check() {
        return Checker.check(new History("c", events, List.of(new long[] {0, 0, 0, 0}), faults, 0));
    }

    private void event(Op op, Outcome outcome, int instance, int version, long start, long end) {
        long nanos = 1_000_000;
        events.add(new Event(op, outcome, instance, 0, 0, version, 1, start * nanos, start * nanos, end * nanos));
    }

    private void put(int instance, int version, long start, long end) {
        event(Op.PUT, Outcome.OK, instance, version, start, end);
    }

    private void read(int instance, int version, long start, long end) {
        event(Op.GET, Outcome.OK, instance, version, start, end);
    }

    private void assertOnly(Check... broken) {
        Findings findings = check();
        assertThat(List.of(Check.values()))
                .filteredOn(check -> findings.violations(check) > 0)
                .containsExactlyInAnyOrder(broken);
    }

    @Test
    void a_good_history_is_good() {
        put(0, 2, 10, 20);
        read(0, 2, 21, 22);
        read(1, 1, 900, 901);
        event(Op.GET_IF_PRESENT, Outcome.MISS, 1, 0, 1_500, 1_501);
        read(1, 2, 1_600, 1_601);
        event(Op.FINAL_LOOK, Outcome.MISS, 0, 0, 9_000, 9_001);
        event(Op.FINAL_GET, Outcome.OK, 0, 3, 9_002, 9_003);

        assertOnly();
        assertThat(check().largestAgeNanos(Phase.HEALTHY)).isEqualTo(880_000_000);
    }

    @Test
    void an_own_write_that_is_not_read_is_seen() {
        put(0, 2, 10, 20);
        read(0, 1, 21, 22);

        assertOnly(Check.READ_YOUR_WRITES);
    }

    @Test
    void a_read_that_began_before_the_acknowledgement_may_be_old() {
        put(0, 2, 10, 20);
        read(0, 1, 19, 30);

        assertOnly();
    }

    @Test
    void a_step_back_on_one_instance_is_seen_and_on_two_it_is_none() {
        read(0, 2, 10, 11);
        read(1, 1, 12, 13);
        assertOnly();

        read(0, 1, 12, 13);
        assertOnly(Check.MONOTONIC_READS);
    }

    @Test
    void reads_that_overlap_have_no_order() {
        read(0, 2, 10, 15);
        read(0, 1, 14, 16);

        assertOnly();
    }

    @Test
    void a_value_beyond_the_bound_is_seen() {
        put(0, 2, 10, 20);
        read(1, 1, 1_021, 1_022);

        assertOnly(Check.STALENESS);
    }

    @Test
    void during_a_fault_and_after_it_the_bound_is_longer_and_then_not_any_more() {
        put(0, 2, 10, 20);
        fault(1_000, 2_000);
        read(1, 1, 4_000, 4_001);
        assertThat(faults.phase(4_000_000_000L)).isEqualTo(Phase.HEALED);
        assertOnly();

        read(1, 1, 5_100, 5_101);
        assertOnly(Check.STALENESS);
    }

    @Test
    void beyond_the_healthy_bound_is_counted_also_in_a_fault_but_not_of_who_stood_still() {
        put(0, 2, 10, 20);
        faults.add(new FaultLog.Fault("paused", 500_000_000, 3_500_000_000L, 2));
        read(1, 1, 1_000, 1_001);
        read(1, 1, 2_000, 2_001);
        read(2, 1, 3_600, 3_601);
        assertOnly();
        assertThat(check().late(Phase.FAULT)).isEqualTo(1);
        assertThat(check().late()).isEqualTo(1);

        read(2, 1, 4_600, 4_601);
        assertThat(check().late(Phase.HEALED)).isEqualTo(1);
    }

    @Test
    void what_comes_back_after_a_miss_is_a_resurrection() {
        event(Op.INVALIDATE, Outcome.OK, 0, 2, 10, 20);
        event(Op.GET_IF_PRESENT, Outcome.MISS, 1, 0, 100, 101);
        read(1, 1, 1_500, 1_501);

        assertOnly(Check.STALENESS, Check.RESURRECTION);
    }

    @Test
    void a_write_that_failed_obliges_nobody() {
        event(Op.PUT, Outcome.FAILED, 0, 2, 10, 20);
        read(0, 1, 5_000, 5_001);

        assertOnly();
    }

    @Test
    void at_rest_an_old_value_is_seen_also_after_a_write_that_failed() {
        event(Op.PUT, Outcome.FAILED, 0, 3, 10, 20);
        event(Op.FINAL_LOOK, Outcome.OK, 1, 2, 9_000, 9_001);

        assertOnly(Check.CONVERGENCE);
        assertThat(check().afterFailedWrites(Check.CONVERGENCE)).isEqualTo(1);
    }

    @Test
    void at_rest_a_get_must_have_an_answer() {
        event(Op.FINAL_GET, Outcome.MISS, 1, 0, 9_000, 9_001);

        assertOnly(Check.CONVERGENCE, Check.AVAILABILITY);
    }

    @Test
    void a_read_that_throws_or_has_a_loader_and_no_value_is_seen() {
        event(Op.GET_IF_PRESENT, Outcome.FAILED, 0, 0, 10, 11);
        event(Op.GET_ALL, Outcome.MISS, 0, 0, 10, 11);
        event(Op.GET_IF_PRESENT, Outcome.MISS, 0, 0, 10, 11);

        assertOnly(Check.AVAILABILITY);
        assertThat(check().violations(Check.AVAILABILITY)).isEqualTo(2);
    }

    @Test
    void a_foreign_value_and_one_from_the_future_are_seen() {
        event(Op.GET, Outcome.FOREIGN, 0, 0, 10, 11);
        read(1, 4, 10, 11);

        assertOnly(Check.INTEGRITY);
        assertThat(check().violations(Check.INTEGRITY)).isEqualTo(2);
    }

    @Test
    void what_a_failover_may_have_lost_is_excused_and_only_that() {
        BitSet slots = new BitSet();
        slots.set(SlotHash.getSlot("c:k0"));
        faults.mayLose(slots, 0, 100_000_000);
        put(0, 2, 10, 20);
        read(0, 1, 3_000, 3_001);

        assertOnly();
        assertThat(check().excused()).isEqualTo(1);

        put(0, 3, 200, 210);
        assertOnly(Check.READ_YOUR_WRITES, Check.STALENESS);
    }

    @Test
    void other_slots_lose_nothing() {
        BitSet slots = new BitSet();
        slots.set(SlotHash.getSlot("c:k0") + 1);
        faults.mayLose(slots, 0, 100_000_000);
        put(0, 2, 10, 20);
        read(1, 1, 3_000, 3_001);

        assertOnly(Check.STALENESS);
    }

    private void fault(long begin, long end) {
        faults.add(new FaultLog.Fault("test", begin * 1_000_000, end * 1_000_000));
    }
}
