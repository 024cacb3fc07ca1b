package io.tiercel.coherence;

import io.tiercel.cache.CacheStats;
import io.tiercel.cache.TierStats;
import java.util.List;

/** What an instance's cache counted, as a line of text. */
record Tally(long l1, long l2, long l3, long loads, long tierFailures) {
    static final Tally NONE = new Tally(0, 0, 0, 0, 0);

    static Tally of(CacheStats stats) {
        List<TierStats> remote = stats.remote();
        return new Tally(
                stats.local().hits(),
                remote.isEmpty() ? 0 : remote.get(0).hits(),
                remote.size() < 2 ? 0 : remote.get(1).hits(),
                stats.loads() + stats.refreshes(),
                remote.stream().mapToLong(TierStats::failures).sum());
    }

    static Tally parse(String line) {
        String[] numbers = line.split(" ", 5);
        return new Tally(
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Long.parseLong(numbers[2]),
                Long.parseLong(numbers[3]),
                Long.parseLong(numbers[4]));
    }

    Tally plus(Tally other) {
        return new Tally(
                l1 + other.l1, l2 + other.l2, l3 + other.l3, loads + other.loads, tierFailures + other.tierFailures);
    }

    String line() {
        return l1 + " " + l2 + " " + l3 + " " + loads + " " + tierFailures;
    }
}
