package io.tiercel.cache.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one instance has counted in its last whole slot of time. Each count is in one slot only: what has happened between
 * the first looks after two ends of slots belongs to the slot between them. Not thread-safe.
 */
final class SlotCounts {
    private final long slotMillis;
    private Map<String, Long> base = Map.of();
    private final Map<String, Long> highest = new HashMap<>();
    private @Nullable Long current;

    SlotCounts(Duration slot) {
        this.slotMillis = slot.toMillis();
    }

    /**
     * Looks at the counters.
     *
     * @param totals counts since this instance began, so that what came before the first look counts too
     * @param gauges of which a slot keeps the highest that was seen in it
     * @return what a slot has come to if one has ended since the last look
     */
    @Nullable
    Fact see(Instant now, Map<String, Long> totals, Map<String, Long> gauges) {
        long slot = Math.floorDiv(now.toEpochMilli(), slotMillis);
        gauges.forEach((name, value) -> highest.merge(name, value, Math::max));
        Long last = current;
        // What is known of the time moves by a little with each heartbeat. A slot that has ended has ended: told once
        // more
        // it would take the place of what it was told with. A clock that was set back by more is followed.
        current = last != null && slot == last - 1 ? last : slot;
        if (last == null || slot <= last) {
            return null;
        }
        Map<String, Long> sums = new TreeMap<>();
        // Counters that are summed up from several threads may be seen to go back by a few.
        totals.forEach((name, total) -> sums.put(name, Math.max(0, total - base.getOrDefault(name, 0L))));
        base = Map.copyOf(totals);
        Fact fact = new Fact(slot - 1, new LogCounts(sums, highest));
        highest.clear();
        return fact;
    }

    /**
     * What an instance tells the others.
     *
     * @param slot the number of slots since 1970 before it
     * @param counts what has come together in it
     */
    record Fact(long slot, LogCounts counts) {
        String encode() {
            return slot + "/" + counts.encode();
        }

        /** @throws IllegalArgumentException if it was not encoded so */
        static Fact decode(String text) {
            int slash = text.indexOf('/');
            if (slash < 1) {
                throw new IllegalArgumentException("counts of a slot begin with its number and a slash");
            }
            return new Fact(Long.parseLong(text.substring(0, slash)), LogCounts.decode(text.substring(slash + 1)));
        }
    }
}
