package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Which promises fail the build when they are broken: {@code -Dcoherence.enforced}, names with commas between, or
 * {@code all}. A broken one that is not enforced aborts its test, so that it is seen and does not pass for kept.
 */
final class Enforced {
    static final String LOAD_WRITE_RACE = "load-write-race";
    static final String BUS_CUT = "bus-cut";
    static final String FLEET_LOAD = "fleet-load";
    static final String CLEAR = "clear";

    private static final Set<String> KNOWN = Stream.concat(
                    Arrays.stream(Check.values()).map(Check::toString),
                    Stream.of(LOAD_WRITE_RACE, BUS_CUT, FLEET_LOAD, CLEAR))
            .collect(Collectors.toCollection(LinkedHashSet::new));

    private Enforced() {}

    /** Fails or aborts when there is something in the list of what was broken. */
    static void assertKept(String promise, List<String> broken) {
        if (is(promise)) {
            assertThat(broken).as(promise).isEmpty();
        } else if (!broken.isEmpty()) {
            Assumptions.abort("broken, and not enforced: " + promise + ": " + broken);
        }
    }

    /** As {@link #assertKept(String, List)}, for everything that was found in a history. */
    static void assertKept(Verdict verdict) {
        List<Check> broken = Arrays.stream(Check.values())
                .filter(check -> verdict.findings().violations(check) > 0)
                .toList();
        assertThat(broken).as("%s, seed %d", verdict.name(), verdict.seed()).noneMatch(check -> is(check.toString()));
        if (!broken.isEmpty()) {
            Assumptions.abort("broken, and not enforced: " + verdict.name() + ": " + broken);
        }
    }

    private static boolean is(String promise) {
        String names = System.getProperty("coherence.enforced", "all").strip();
        if (names.equals("all")) {
            return true;
        }
        List<String> enforced = Arrays.stream(names.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        if (!KNOWN.containsAll(enforced)) {
            throw new IllegalArgumentException("coherence.enforced must be all or some of " + KNOWN + ": " + names);
        }
        return enforced.contains(promise);
    }
}
