package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories of three instances, one of them in a JVM of its own, over real servers; see docs/checking-coherence.md. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class HistoryIT {
    private final Report report = new Report();
    private Backends backends;

    @BeforeAll
    void start() {
        Backends.memcachedOrSkip().close();
        backends = new Backends();
    }

    @AfterAll
    void stop() throws Exception {
        report.write("Histories");
        if (backends != null) {
            backends.close();
        }
    }

    private Verdict verdict(Run run) throws Exception {
        Verdict verdict = run.go(backends).print();
        report.add(verdict);
        return verdict;
    }

    private void assertKept(Run run) throws Exception {
        Verdict verdict = verdict(run);

        assertThat(verdict.operations()).isGreaterThan(10_000);
        assertThat(verdict.tally().l1()).isPositive();
        Enforced.assertKept(verdict);
    }

    static List<Nemesis> few() {
        return Nemeses.few();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @Tag("short")
    void few(Nemesis nemesis) throws Exception {
        assertKept(Run.of(nemesis));
    }

    static List<Nemesis> all() {
        return Nemeses.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @Tag("long")
    void all(Nemesis nemesis) throws Exception {
        assertKept(Run.of(nemesis));
    }

    @Test
    @Tag("long")
    void wall_clocks_five_minutes_apart() throws Exception {
        assertKept(Run.of(ServerFaults.flushAll()).withClocksApart(Duration.ofMinutes(5)));
    }

    /** What is forgotten at once cannot be old: if this were found broken, the checker would see what is not there. */
    @Test
    @Tag("long")
    void instances_that_keep_nothing_are_found_good() throws Exception {
        Verdict verdict = verdict(
                Run.of(LinkFaults.freezeOneInstance(Duration.ofSeconds(4))).withTtl(Duration.ofMillis(1)));

        assertThat(verdict.keeps(Set.of(Check.values()))).isTrue();
    }

    /** Without a tier in common nobody hears of the others' writes: if this were found good, the checker would be blind. */
    @Test
    void instances_that_cannot_hear_of_each_other_are_found_out() throws Exception {
        Verdict verdict = verdict(Run.of(Nemeses.NONE).withoutRemoteTiers());

        assertThat(verdict.keeps(Set.of(Check.STALENESS))).isFalse();
        assertThat(verdict.keeps(Set.of(Check.CONVERGENCE))).isFalse();
        assertThat(verdict.keeps(Set.of(Check.INTEGRITY))).isTrue();
    }
}
