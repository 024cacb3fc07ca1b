package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.coherence.Checker.Promise;
import io.tiercel.sidecar.coherence.History.Fault;
import io.tiercel.sidecar.coherence.History.Outcome;
import io.tiercel.sidecar.coherence.History.Read;
import io.tiercel.sidecar.coherence.History.Write;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories of which it is known what is wrong with them. Times are milliseconds. */
final class CheckerTest {
    private final History history = new History();

    @BeforeEach
    void twoWritesThroughSidecar0() {
        write(1, 0, 10, Outcome.OK);
        write(2, 100, 110, Outcome.OK);
    }

    private void write(int version, long start, long end, Outcome outcome) {
        history.add(new Write(7, version, false, 0, nanos(start), nanos(end), outcome));
    }

    private void remove(int version, long start, long end) {
        history.add(new Write(7, version, true, 0, nanos(start), nanos(end), Outcome.OK));
    }

    private void read(int version, int sidecar, int connection, long start) {
        Outcome outcome = version == 0 ? Outcome.NOTHING : Outcome.OK;
        history.add(new Read(7, version, sidecar, connection, nanos(start), nanos(start + 1), outcome, false));
    }

    private static long nanos(long millis) {
        return millis * 1_000_000;
    }

    private Set<Promise> broken() {
        Duration second = Duration.ofSeconds(1);
        return new Checker(history, second, Duration.ofSeconds(5), second, Duration.ofMillis(100))
                .check()
                .keySet();
    }

    @Test
    void good_histories_break_nothing() {
        read(1, 0, 1, 20);
        read(1, 1, 2, 1_150);
        read(2, 0, 1, 120);
        read(2, 1, 2, 1_200);
        remove(3, 1_300, 1_310);
        read(0, 1, 2, 1_320);
        assertThat(broken()).isEmpty();
    }

    @Test
    void an_older_value_after_a_newer_one_on_one_connection() {
        read(2, 1, 2, 120);
        read(1, 1, 2, 130);
        assertThat(broken()).containsExactly(Promise.MONOTONIC_READS);
    }

    @Test
    void an_older_value_after_an_acknowledgement_of_the_same_sidecar() {
        read(1, 0, 1, 111);
        assertThat(broken()).containsExactly(Promise.READ_YOUR_WRITES);
    }

    @Test
    void an_older_value_after_the_bound() {
        read(1, 1, 2, 1_300);
        assertThat(broken()).containsExactly(Promise.STALENESS);
    }

    @Test
    void a_removed_value_that_comes_back() {
        read(2, 1, 2, 500);
        remove(3, 1_000, 1_010);
        read(0, 1, 2, 1_020);
        read(2, 1, 3, 3_000);
        assertThat(broken()).containsExactly(Promise.STALENESS, Promise.NO_RESURRECTION);
    }

    @Test
    void nothing_although_nothing_was_removed() {
        read(0, 1, 2, 1_300);
        assertThat(broken()).containsExactly(Promise.STALENESS);
    }

    @Test
    void values_that_nobody_wrote() {
        read(3, 1, 2, 200);
        assertThat(broken()).containsExactly(Promise.INTEGRITY);
    }

    @Test
    void in_a_fault_of_its_sidecar_a_value_may_be_older_and_no_other() {
        history.add(new Fault("links frozen", 1, nanos(1_000), nanos(5_000)));
        read(1, 1, 2, 5_900);
        assertThat(broken()).isEmpty();
        read(1, 1, 3, 6_100);
        assertThat(broken()).containsExactly(Promise.STALENESS);
    }

    @Test
    void in_a_fault_a_value_is_too_old_as_well() {
        history.add(new Fault("links frozen", 1, nanos(1_000), nanos(9_000)));
        read(1, 1, 2, 6_300);
        assertThat(broken()).containsExactly(Promise.STALENESS);
    }

    @Test
    void failed_writes_oblige_nobody() {
        write(3, 200, 400, Outcome.FAILED);
        read(2, 0, 1, 3_000);
        read(3, 1, 2, 3_000);
        assertThat(broken()).isEmpty();
        read(2, 1, 2, 3_100);
        assertThat(broken()).containsExactly(Promise.MONOTONIC_READS);
    }

    @Test
    void at_rest_everybody_has_the_last() {
        history.add(new Read(7, 1, 1, 2, nanos(500), nanos(501), Outcome.OK, true));
        assertThat(broken()).containsExactly(Promise.CONVERGENCE);
    }
}
