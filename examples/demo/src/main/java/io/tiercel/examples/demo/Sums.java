package io.tiercel.examples.demo;

import io.tiercel.cache.CacheStats;
import io.tiercel.cache.TierStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What an instance's cache counted, beside what the demo itself counted.
 *
 * @param issued calls of {@code get} that the demo made
 * @param wrong answers that were not the row of their key, or none
 * @param failed calls that ended with an exception
 */
record Sums(String instance, long issued, long wrong, long failed, CacheStats stats) {
    /** What does not add up, in words; empty if all does. */
    List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        if (stats.requests() != issued) {
            complaints.add(String.format(
                    Locale.ROOT,
                    "%s: %s = %,d, but %,d requests were made: %+,d",
                    instance,
                    numbers(),
                    stats.requests(),
                    issued,
                    stats.requests() - issued));
        }
        if (wrong > 0) {
            complaints.add(
                    String.format(Locale.ROOT, "%s: %,d answers were not the row of their key", instance, wrong));
        }
        if (failed > 0) {
            complaints.add(String.format(Locale.ROOT, "%s: %,d requests ended with an exception", instance, failed));
        }
        return complaints;
    }

    /** The sum as it is written on paper. */
    String equation() {
        return String.format(Locale.ROOT, "%,d requests = %s", issued, numbers());
    }

    /** What the numbers of {@link #equation} stand for. */
    String terms() {
        String remote = IntStream.range(0, stats.remote().size())
                .mapToObj(i -> " + L" + (i + 2))
                .collect(Collectors.joining());
        return "requests = L1" + remote + " + loads + refused + shared + absent";
    }

    private String numbers() {
        return Stream.of(
                        Stream.of(stats.local().hits()),
                        stats.remote().stream().map(TierStats::hits),
                        Stream.of(stats.loads(), stats.refused(), stats.shared(), stats.absent()))
                .flatMap(counts -> counts)
                .map(count -> String.format(Locale.ROOT, "%,d", count))
                .collect(Collectors.joining(" + "));
    }
}
